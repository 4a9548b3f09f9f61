# frozen_string_literal: true

require "json"

module LambdaRuntime
  # The context object, https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
  class Context
    attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
                :memory_limit_in_mb, :function_version, :identity, :client_context, :deadline_ms, :tenant_id

    # Sets or removes the variable that tracing libraries read.
    def self.forward_trace_id(trace_id)
      ENV["_X_AMZN_TRACE_ID"] = trace_id
    end

    def initialize(event)
      @aws_request_id = event.field("lambda-runtime-aws-request-id")
      @invoked_function_arn = event.field("lambda-runtime-invoked-function-arn")
      @deadline_ms = event.field("lambda-runtime-deadline-ms").to_i
      @tenant_id = event.field("lambda-runtime-aws-tenant-id")
      @identity = members(event.field("lambda-runtime-cognito-identity"))
      @client_context = members(event.field("lambda-runtime-client-context"))
      @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
      @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
      @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
      @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
      @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    end

    def get_remaining_time_in_millis
      [@deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
    end

    private

    def members(text)
      text && JSON.parse(text)
    end
  end
end
