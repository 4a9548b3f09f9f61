# frozen_string_literal: true

# Entry of the Ruby runtime.
#
# Runs inside the sandbox on Ruby 2.7 and later, with nothing but the standard library: loads the function that
# _HANDLER names and serves its invocations until the sandbox ends.

%w[faults runtime_client result context logs handler].each { |name| require_relative "lib/lambda_runtime/#{name}" }

module LambdaRuntime
  # What a process ends with if its function can't be loaded, and after an error that may have left it in any state.
  EXIT_INIT = -4
  EXIT_CRITICAL = -1

  module_function

  def main
    become_zygote if ENV.key?("_LAMBKIN_ZYGOTE")
    client = RuntimeClient.new(ENV.fetch("AWS_LAMBDA_RUNTIME_API"))
    await_assignment(client) if ENV.key?("_LAMBKIN_WAIT")
    Logs.set_up
    function = load_function(client)
    event = client.next
    event = serve(client, function, event) while event
    exit!(EXIT_CRITICAL)
  end

  # Waits for sandboxes; returns in a process of each, which then goes on as if it had been started there.
  def become_zygote
    # What every child has alike stays in memory that they share.
    Process.respond_to?(:warmup) ? Process.warmup : 4.times { GC.start }
    abort "this process was not started as a zygote" if fork
    # Whatever was drawn before, every other child has as well.
    Random.srand
  end

  # Waits to be told which function to serve, and takes on the variables and directory of a start for it.
  def await_assignment(client)
    directory, *variables = client.assignment.body.force_encoding(Encoding::UTF_8).split("\0", -1)
    ENV.replace(variables.to_h { |variable| variable.split("=", 2) })
    Dir.chdir(directory)
    # What is installed beside the function was not there to be found before.
    Gem::Specification.reset if defined?(Gem::Specification)
  end

  def load_function(client)
    root = ENV.fetch("LAMBDA_TASK_ROOT", Dir.pwd)
    $LOAD_PATH.unshift(root) unless $LOAD_PATH.include?(root)
    Handler.load(ENV.fetch("_HANDLER", ""))
  rescue Exception => e # Whatever the function's file raised, an exit included.
    fault = Fault.new(e, "Init")
    Logs.report("Init error when loading handler #{ENV['_HANDLER']}", fault)
    client.init_error(fault.header, fault.document)
    exit!(EXIT_INIT)
  end

  # Answers one invocation. Returns the next one, or nil if the process has to end.
  def serve(client, function, event)
    request_id = event.field("lambda-runtime-aws-request-id")
    Logs.request_id = request_id
    Context.forward_trace_id(event.field("lambda-runtime-trace-id"))
    body, content_type = Result.of(function.call(AwsLambda::Marshaller.marshall_request(event), Context.new(event)))
  rescue Exception => e
    fail_invocation(client, request_id, e)
  else
    client.respond(request_id, body, content_type)
  end

  def fail_invocation(client, request_id, error)
    fault = Fault.new(error, "Function")
    # A missing name is a fault of the program, after which AWS's runtime client starts afresh too.
    critical = !error.is_a?(StandardError) || error.is_a?(NameError)
    Logs.report(critical ? "Critical exception from handler" : "Error raised from handler method", fault)
    $stdout.flush
    return client.fail(request_id, fault.header, fault.document) unless critical

    client.fail_and_end(request_id, fault.header, fault.document)
    nil
  end
end

LambdaRuntime.main
