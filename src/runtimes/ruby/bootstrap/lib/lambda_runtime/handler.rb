# frozen_string_literal: true

# What handlers outside of a class run on, as under AWS's runtime client: not the object that their file ran on.
class LambdaHandler; end

module LambdaRuntime
  # The function that a handler such as `file.method` or `file.Module::Class.method` names.
  class Handler
    # Requires the file. What the method is, is looked up when it is called.
    def self.load(text)
      parts = text.split(".")
      unless [2, 3].include?(parts.size)
        raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD " \
                             "where FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an " \
                             "optional module/class namespace and METHOD is a callable method. If using CLASS, " \
                             "METHOD must be a class-level method."
      end
      require parts.first
      new(parts.size == 3 ? parts[1] : nil, parts.last)
    end

    def initialize(owner, name)
      @owner = owner
      @name = name
      @receiver = LambdaHandler.new
    end

    def call(event, context)
      receiver = @owner ? Kernel.const_get(@owner) : @receiver
      receiver.__send__(@name, event: event, context: context)
    end
  end
end
