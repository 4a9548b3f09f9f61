# frozen_string_literal: true

require "json"
require "stringio"

# Between the bytes of the Runtime API and Ruby's values. Functions may put methods of their own in place of these, which
# is why they have the names of AWS's runtime client.
module AwsLambda
  class Marshaller
    class << self
      # Takes the answer of the Runtime API: `body`, and header fields by name in brackets.
      def marshall_request(raw_request)
        return raw_request.body unless raw_request["Content-Type"] == "application/json"

        JSON.parse(raw_request.body.force_encoding(Encoding::UTF_8))
      end

      # Gives what to post, and its content type unless that is application/json.
      def marshall_response(method_response)
        case method_response
        when StringIO, IO then [method_response, "application/unknown"]
        else method_response.to_json
        end
      end
    end
  end
end

module LambdaRuntime
  # The bytes to post for a function's result, and their content type.
  module Result
    module_function

    def of(value)
      body, content_type = AwsLambda::Marshaller.marshall_response(value)
      body = body.read if body.respond_to?(:read)
      [body.to_s, content_type || "application/json"]
    end
  end
end
