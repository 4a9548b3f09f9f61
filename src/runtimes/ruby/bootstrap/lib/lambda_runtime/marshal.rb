# frozen_string_literal: true

require "json"
require "stringio"

module LambdaRuntime
  # Between the bytes of the Runtime API and Ruby's values.
  module Marshal
    module_function

    def event_of(event)
      return event.body unless event.field("content-type") == "application/json"

      JSON.parse(event.body.force_encoding(Encoding::UTF_8))
    end

    # The bytes to post and their content type.
    def response_of(value)
      case value
      when StringIO, IO then [value.read.to_s, "application/unknown"]
      else [value.to_json, "application/json"]
      end
    end
  end
end
