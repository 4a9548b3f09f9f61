# frozen_string_literal: true

require "json"

module LambdaRuntime
  # What callers and the platform get to know of an exception.
  class Fault
    FRAMES = 100
    RUNTIME_FRAMES = "#{File.expand_path('../..', __dir__)}/"

    # Classes that the platform's metrics may name; those of functions are `UserException`.
    # The list of https://github.com/aws/aws-lambda-ruby-runtime-interface-client
    NAMED = [
      ArgumentError, EncodingError, EOFError, FiberError, FloatDomainError, FrozenError, IOError, IndexError,
      Interrupt, KeyError, LoadError, LocalJumpError, NameError, NoMemoryError, NoMethodError, NotImplementedError,
      RangeError, RegexpError, RuntimeError, ScriptError, SecurityError, SignalException, StandardError,
      StopIteration, SyntaxError, SystemCallError, SystemExit, SystemStackError, ThreadError, TypeError,
      UncaughtThrowError, ZeroDivisionError
    ].map(&:to_s).freeze

    def initialize(error, phase)
      @name = error.class.to_s
      @type = "#{phase}<#{@name}>"
      @message = error.message
      # Absent where the function set a backtrace of its own.
      @frames = error.backtrace_locations || []
    end

    # Value of Lambda-Runtime-Function-Error-Type.
    def header
      NAMED.include?(@name) || @name.match?(/Aws(::\w+)*::Errors/) ? @type : "Function<UserException>"
    end

    def members
      { "errorMessage" => text(@message), "errorType" => @type, "stackTrace" => stack.map { |frame| text(frame) } }
    end

    def document
      JSON.generate(members)
    end

    private

    # The function's own frames, down to where the runtime called it.
    def stack
      @frames.first(FRAMES).map(&:to_s).take_while { |frame| !frame.start_with?(RUNTIME_FRAMES) }
    end

    def text(value)
      value.to_s.dup.force_encoding(Encoding::UTF_8).scrub
    end
  end
end
