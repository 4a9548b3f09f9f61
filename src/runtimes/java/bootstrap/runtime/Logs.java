package lambkin.runtime;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UnsupportedEncodingException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The log as the platform wants it: a message is one event, whatever lines it has. */
final class Logs {
  private static final int TEXT_WITH_TIME = 0xA55A0003;
  private static final int HEAD_BYTES = 16;
  private static final List<String> LEVELS =
      Arrays.asList("UNDEFINED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
  private static final boolean JSON = "JSON".equalsIgnoreCase(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
  private static final int LOWEST = LEVELS.indexOf(String.valueOf(System.getenv("AWS_LAMBDA_LOG_LEVEL")));
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private static OutputStream frames;
  private static String requestId;
  private static String tenantId;

  private Logs() {}

  static void setUp() throws ReflectiveOperationException, UnsupportedEncodingException {
    // Java itself would print what the machine's locale has, which is plain ASCII in a sandbox.
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8"));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), false, "UTF-8"));
    String descriptor = System.getenv("_LAMBDA_TELEMETRY_LOG_FD");
    if (descriptor != null) frames = new FileOutputStream(open(Integer.parseInt(descriptor)));
  }

  /** A descriptor that the process was started with; the runtime's jar asks for access to `java.io`. */
  private static FileDescriptor open(int number) throws ReflectiveOperationException {
    Constructor<FileDescriptor> constructor = FileDescriptor.class.getDeclaredConstructor(int.class);
    constructor.setAccessible(true);
    return constructor.newInstance(number);
  }

  /** Gives the logger to `LambdaRuntime`, where appenders of logging libraries look for it. */
  static void offerTo(ClassLoader loader) {
    try {
      Class<?> holder = Class.forName("com.amazonaws.services.lambda.runtime.LambdaRuntime", true, loader);
      Field field = holder.getDeclaredField("logger");
      field.setAccessible(true);
      field.set(null, logger(field.getType()));
    } catch (ReflectiveOperationException | RuntimeException absent) {
      // Packages without the class have nothing that asks it.
    }
  }

  static void setRequest(String request, String tenant) {
    requestId = request;
    tenantId = tenant;
  }

  /** The LambdaLogger of a function. */
  static Object logger(Class<?> type) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> {
          if (method.getDeclaringClass() == Object.class) return Members.ofObject(type, proxy, method, arguments);
          String level = arguments.length > 1 ? String.valueOf(arguments[1]) : LEVELS.get(0);
          if (isShown(level)) log(arguments[0], level);
          return null;
        });
  }

  static void report(String text) {
    log(text, JSON ? "ERROR" : LEVELS.get(0));
  }

  private static boolean isShown(String level) {
    int rank = LEVELS.indexOf(level);
    return rank <= 0 || rank >= LOWEST;
  }

  private static void log(Object message, String level) {
    if (message instanceof byte[]) write((byte[]) message);
    else write(format((String) message, level).getBytes(StandardCharsets.UTF_8));
  }

  private static String format(String message, String level) {
    if (!JSON) return level.equals(LEVELS.get(0)) ? String.valueOf(message) : "[" + level + "] " + message;
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("timestamp", TIME.format(Instant.now()));
    members.put("message", message);
    members.put("level", level);
    if (requestId != null) members.put("AWSRequestId", requestId);
    if (tenantId != null) members.put("tenantId", tenantId);
    try {
      return Writer.write(members) + "\n";
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static synchronized void write(byte[] message) {
    try {
      if (frames == null) {
        System.out.write(message);
        System.out.flush();
        return;
      }
      ByteBuffer frame = ByteBuffer.allocate(HEAD_BYTES + message.length);
      frame.putInt(TEXT_WITH_TIME).putInt(message.length).putLong(System.currentTimeMillis() * 1000).put(message);
      frames.write(frame.array());
    } catch (IOException closed) {
      // The platform that reads it has gone, and the process will.
    }
  }
}
