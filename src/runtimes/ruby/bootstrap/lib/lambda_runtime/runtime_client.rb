# frozen_string_literal: true

require "socket"

module LambdaRuntime
  # Header fields by lower-case name and the body of one answer.
  Answer = Struct.new(:fields, :body) do
    def field(name)
      fields[name]
    end

    # By a name in any case, as functions know it from Net::HTTP.
    def [](name)
      fields[name.to_s.downcase]
    end
  end

  # The Runtime API over one kept connection, framed by hand.
  class RuntimeClient
    API = "/2018-06-01/runtime"

    def initialize(address)
      host, _, port = address.rpartition(":")
      @host = address
      @socket = TCPSocket.new(host, Integer(port))
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      @next_request = "GET #{API}/invocation/next HTTP/1.1\r\nHost: #{address}\r\n\r\n".b.freeze
    end

    def next
      @socket.write(@next_request)
      read
    end

    # Asks what to serve; answered once, to a process that was started before that was known.
    def assignment
      @socket.write("GET /lambkin/assignment HTTP/1.1\r\nHost: #{@host}\r\n\r\n")
      read
    end

    # Posts a result and asks for the next invocation in the same segment.
    def respond(request_id, body, content_type)
      post_and_next("/invocation/#{request_id}/response", "Content-Type: #{content_type}\r\n", body)
    end

    def fail(request_id, error_type, document)
      post_and_next("/invocation/#{request_id}/error", error_fields(error_type), document)
    end

    def fail_and_end(request_id, error_type, document)
      @socket.write(post("/invocation/#{request_id}/error", error_fields(error_type), document))
      read
    end

    def init_error(error_type, document)
      @socket.write(post("/init/error", error_fields(error_type), document))
      read
    end

    private

    def post_and_next(path, fields, body)
      @socket.write(post(path, fields, body) << @next_request)
      read
      read
    end

    def post(path, fields, body)
      bytes = body.b
      "POST #{API}#{path} HTTP/1.1\r\nHost: #{@host}\r\n#{fields}Content-Length: #{bytes.bytesize}\r\n\r\n".b << bytes
    end

    def error_fields(error_type)
      "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: #{error_type.gsub(/[^ -~]/, '?')}\r\n"
    end

    def read
      line
      fields = read_fields
      chunked = fields["transfer-encoding"].to_s.casecmp?("chunked")
      Answer.new(fields, chunked ? read_chunks : read_bytes(fields["content-length"].to_i))
    end

    def read_fields
      fields = {}
      until (text = line).empty?
        name, _, value = text.partition(":")
        fields[name.downcase] = value.strip.force_encoding(Encoding::UTF_8)
      end
      fields
    end

    # Extensions may put a proxy before the Runtime API that answers in chunks.
    def read_chunks
      body = "".b
      while (size = line.to_i(16)).positive?
        body << read_bytes(size)
        line
      end
      read_fields
      body
    end

    def read_bytes(size)
      bytes = @socket.read(size)
      # Without the Runtime API there is nothing to live for.
      exit!(1) if size.positive? && (bytes.nil? || bytes.bytesize < size)
      bytes
    end

    def line
      text = @socket.gets
      exit!(1) if text.nil?
      text.chomp("\r\n")
    end
  end
end
