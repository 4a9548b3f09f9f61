"""The Runtime API over one kept connection, framed by hand.

`_socket` is the socket type without the module around it, whose import would take as long as a whole warm invocation.
"""

import _socket
import sys

_API = "/2018-06-01/runtime"
_RECEIVE_BYTES = 65536


class Answer:
    """Status, header fields by lower-case name, and body of one answer."""

    __slots__ = ("status", "fields", "body")

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    def field(self, name):
        return self.fields.get(name)


class RuntimeClient:
    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self._host = address
        self._received = b""
        self._socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._socket.connect((host, int(port)))
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._next_request = ("GET %s/invocation/next HTTP/1.1\r\nHost: %s\r\n\r\n" % (_API, address)).encode()

    def next(self):
        self._socket.sendall(self._next_request)
        return self._read()

    def assignment(self):
        """Asks what to serve; answered once, to a process that was started before that was known."""
        self._socket.sendall(("GET /lambkin/assignment HTTP/1.1\r\nHost: %s\r\n\r\n" % self._host).encode())
        return self._read()

    def respond(self, request_id, body, content_type):
        """Posts a result and asks for the next invocation in the same segment."""
        path = "/invocation/%s/response" % request_id
        return self._post_and_next(path, "Content-Type: %s\r\n" % content_type, body)

    def fail(self, request_id, error_type, body):
        return self._post_and_next("/invocation/%s/error" % request_id, _error_fields(error_type), body.encode())

    def init_error(self, error_type, body):
        self._socket.sendall(self._post("/init/error", _error_fields(error_type), body.encode()))
        self._read()

    def restore_next(self):
        """Answered when the environment has been restored."""
        self._socket.sendall(("GET %s/restore/next HTTP/1.1\r\nHost: %s\r\n\r\n" % (_API, self._host)).encode())
        self._read()

    def restore_error(self, error_type, body):
        self._socket.sendall(self._post("/restore/error", _error_fields(error_type), body.encode()))
        self._read()

    def _post_and_next(self, path, fields, body):
        self._socket.sendall(self._post(path, fields, body) + self._next_request)
        self._read()
        return self._read()

    def _post(self, path, fields, body):
        head = "POST %s%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n"
        return (head % (_API, path, self._host, fields, len(body))).encode("latin-1", "replace") + body

    def _read(self):
        received = self._received
        while True:
            end = received.find(b"\r\n\r\n")
            if end >= 0:
                break
            received += self._receive()
        lines = received[:end].decode("utf-8", "replace").split("\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        start = end + 4
        if fields.get("transfer-encoding", "").lower() == "chunked":
            body, self._received = self._read_chunks(received[start:])
            return Answer(int(lines[0].split(" ")[1]), fields, body)
        length = int(fields.get("content-length", 0))
        parts = [received[start:]]
        have = len(parts[0])
        while have < length:
            part = self._receive()
            parts.append(part)
            have += len(part)
        body = b"".join(parts)
        self._received = body[length:]
        return Answer(int(lines[0].split(" ")[1]), fields, body[:length])

    def _read_chunks(self, received):
        """The body and what follows it. Extensions may put a proxy before the Runtime API that answers in chunks."""
        parts = []
        while True:
            end = received.find(b"\r\n")
            if end < 0:
                received += self._receive()
                continue
            size = int(received[:end].partition(b";")[0], 16)
            if size == 0:
                break
            received = received[end + 2 :]
            while len(received) < size + 2:
                received += self._receive()
            parts.append(received[:size])
            received = received[size + 2 :]
        # Trailers end with an empty line, like a head; without any it follows at once.
        while received.find(b"\r\n\r\n") < 0:
            received += self._receive()
        return b"".join(parts), received[received.find(b"\r\n\r\n") + 4 :]

    def _receive(self):
        part = self._socket.recv(_RECEIVE_BYTES)
        if not part:
            # Without the Runtime API there is nothing to live for.
            sys.exit(1)
        return part


def _error_fields(error_type):
    shown = "".join(c if " " <= c <= "~" else "?" for c in error_type)
    return "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: %s\r\n" % shown
