package lambkin.runtime;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The Runtime API over one kept connection, framed by hand. */
final class RuntimeClient {
  private static final String API = "/2018-06-01/runtime";
  private static final int RECEIVE_BYTES = 65536;

  private final String host;
  private final InputStream in;
  private final OutputStream out;
  private final byte[] nextRequest;

  /** Header fields by lower-case name, and the body of one answer. */
  static final class Answer {
    private final Map<String, String> fields;
    final byte[] body;

    Answer(Map<String, String> fields, byte[] body) {
      this.fields = fields;
      this.body = body;
    }

    String field(String name) {
      return fields.get(name);
    }
  }

  RuntimeClient(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    Socket socket = new Socket();
    socket.connect(
        new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
    socket.setTcpNoDelay(true);
    host = address;
    in = new BufferedInputStream(socket.getInputStream(), RECEIVE_BYTES);
    out = socket.getOutputStream();
    nextRequest = ascii("GET " + API + "/invocation/next HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }

  Answer next() throws IOException {
    out.write(nextRequest);
    return read();
  }

  /** Asks what to serve; answered once, to a process that was started before that was known. */
  Answer assignment() throws IOException {
    out.write(ascii("GET /lambkin/assignment HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
    return read();
  }

  /** Posts a result and asks for the next invocation in the same segment. */
  Answer respond(String requestId, byte[] body) throws IOException {
    return postAndNext("/invocation/" + requestId + "/response", "Content-Type: application/json\r\n", body);
  }

  Answer fail(String requestId, String errorType, byte[] document) throws IOException {
    return postAndNext("/invocation/" + requestId + "/error", errorFields(errorType), document);
  }

  void failAndEnd(String requestId, String errorType, byte[] document) throws IOException {
    out.write(post("/invocation/" + requestId + "/error", errorFields(errorType), document, false));
    read();
  }

  void initError(String errorType, byte[] document) throws IOException {
    out.write(post("/init/error", errorFields(errorType), document, false));
    read();
  }

  private Answer postAndNext(String path, String fields, byte[] body) throws IOException {
    out.write(post(path, fields, body, true));
    read();
    return read();
  }

  private byte[] post(String path, String fields, byte[] body, boolean andNext) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length + 512);
    bytes.write(ascii("POST " + API + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields));
    bytes.write(ascii("Content-Length: " + body.length + "\r\n\r\n"));
    bytes.write(body);
    if (andNext) bytes.write(nextRequest);
    return bytes.toByteArray();
  }

  private static String errorFields(String errorType) {
    String shown = errorType.replaceAll("[^ -~]", "?");
    return "Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: " + shown + "\r\n";
  }

  private Answer read() throws IOException {
    line();
    Map<String, String> fields = readFields();
    if ("chunked".equalsIgnoreCase(fields.get("transfer-encoding"))) return new Answer(fields, readChunks());
    String length = fields.get("content-length");
    return new Answer(fields, readBytes(length == null ? 0 : Integer.parseInt(length)));
  }

  private Map<String, String> readFields() throws IOException {
    Map<String, String> fields = new HashMap<>();
    for (String text = line(); !text.isEmpty(); text = line()) {
      int colon = text.indexOf(':');
      if (colon > 0) fields.put(text.substring(0, colon).toLowerCase(Locale.ROOT), text.substring(colon + 1).trim());
    }
    return fields;
  }

  /** Extensions may put a proxy before the Runtime API that answers in chunks. */
  private byte[] readChunks() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.write(readBytes(size));
      line();
    }
    readFields();
    return body.toByteArray();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line().split(";")[0].trim(), 16);
  }

  private byte[] readBytes(int size) throws IOException {
    byte[] bytes = new byte[size];
    for (int have = 0; have < size; ) {
      int count = in.read(bytes, have, size - have);
      if (count < 0) throw new EOFException();
      have += count;
    }
    return bytes;
  }

  private String line() throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream(64);
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) throw new EOFException();
      if (b != '\r') text.write(b);
    }
    return new String(text.toByteArray(), StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
