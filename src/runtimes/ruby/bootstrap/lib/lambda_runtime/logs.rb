# frozen_string_literal: true

require "json"
require "logger"

module LambdaRuntime
  # The log as the platform wants it: a message is one event, whatever lines it has.
  module Logs
    LINE = "%s, [%s #%d] %5s %s -- %s: %s\n"
    TIME = "%Y-%m-%dT%H:%M:%S.%6N"

    class << self
      attr_accessor :request_id, :sink

      def set_up
        $stdout.sync = true
        $stderr.sync = true
        descriptor = ENV.delete("_LAMBDA_TELEMETRY_LOG_FD")
        self.sink = descriptor ? Frames.new(descriptor.to_i) : $stdout
        Logger.prepend(StandardOutput)
        frame_puts if descriptor
      end

      # What is printed at once is one event too.
      def frame_puts
        Kernel.module_eval do
          private def puts(*values)
            lines = values.flatten.map { |value| value.to_s.b.delete_suffix("\n") << "\n" }
            LambdaRuntime::Logs.sink.write(lines.empty? ? "\n" : lines.join)
            nil
          end
        end
      end

      # Logs an error document.
      def report(text, fault)
        sink.write("#{text}\n")
        sink.write("#{JSON.pretty_generate(fault.members)}\n")
      end
    end

    # Length and time before each message, on a descriptor of its own.
    class Frames
      TEXT_WITH_TIME = 0xA55A0003

      def initialize(descriptor)
        @file = IO.for_fd(descriptor, "wb")
        @file.close_on_exec = true
        @file.sync = true
      end

      def write(message)
        bytes = message.to_s.b
        now = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        @file.write([TEXT_WITH_TIME, bytes.bytesize, now].pack("L>L>Q>") << bytes)
      end

      # The log outlives a logger that writes to it.
      def close; end
    end

    # Adds the id of the request to each line.
    class Lines < Logger::Formatter
      def call(severity, time, progname, message)
        format(LINE, severity[0], time.strftime(TIME), Process.pid, severity, Logs.request_id, progname, msg2str(message))
      end
    end

    # Loggers of functions that write to the standard output or error, or nowhere in particular.
    module StandardOutput
      def initialize(device = nil, *positional, **options)
        return super unless device.nil? || device.equal?($stdout) || device.equal?($stderr)

        options[:formatter] ||= Lines.new
        super(Logs.sink.is_a?(Frames) ? Logs.sink : device, *positional, **options)
      end
    end
  end
end

# By these names libraries look for the log of AWS's runtime client.
module AwsLambdaRIC
  class TelemetryLogger
    def self.telemetry_log_sink
      LambdaRuntime::Logs.sink
    end
  end
end
