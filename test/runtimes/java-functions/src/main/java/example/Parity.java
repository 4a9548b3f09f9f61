package example;

import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.SNSEvent;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/** Functions whose answers and log lines are compared. */
public class Parity {
  private interface Case {
    Object run(Map<String, Object> event, Context context) throws Exception;
  }

  public static class Odd extends RuntimeException {
    Odd(String message, Throwable cause) { super(message, cause); }
    @Override
    public String toString() { return "odd é " + getMessage(); }
  }

  public static class Bean {
    private String name = "é";
    private final Integer missing = null;
    private boolean ready = true;
    private double[] numbers = {1.5, -0.0, 1e300};
    private char letter = 'c';
    private long big = Long.MAX_VALUE;
    private Functions.Size size = Functions.Size.LARGE;
    public String loose = "loose";
    protected String guarded = "guarded";
    private String hidden = "hidden";
    public String getName() { return name; }
    public Integer getMissing() { return missing; }
    public boolean isReady() { return ready; }
    public double[] getNumbers() { return numbers; }
    public char getLetter() { return letter; }
    public long getBig() { return big; }
    public Functions.Size getSize() { return size; }
    public String getURL() { return "u"; }
    public String getABCName() { return "abc"; }
    public String computed() { return "not shown"; }
  }

  public static class Thrower {
    public String getName() { throw new IllegalStateException("getter"); }
  }

  public static class Circle {
    public Circle getSelf() { return this; }
  }

  private static final Map<String, Case> CASES = new LinkedHashMap<>();

  static {
    CASES.put("nothing", (e, c) -> null);
    CASES.put("text", (e, c) -> "é \u2603 \ud83d\ude00 \u007f \u2028 \" \\ / \b\f\n\r\t\u0001 <>&'=");
    CASES.put("lone surrogate", (e, c) -> "\ud800");
    CASES.put("numbers", (e, c) -> Arrays.asList(1, 2L, 1.5, 1.5f, 1e300, -0.0, (byte) 1, (short) 2, 1e7, 0.001, 100.0));
    CASES.put("odd numbers", (e, c) -> Arrays.asList(Double.NaN, Double.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY));
    CASES.put("big numbers", (e, c) -> Arrays.asList(new BigInteger("123456789012345678901234567890"), new BigDecimal("12.340"), new BigDecimal("1E+30")));
    CASES.put("flags", (e, c) -> Arrays.asList(true, Boolean.FALSE, null));
    CASES.put("a bean", (e, c) -> new Bean());
    CASES.put("a bean that throws", (e, c) -> new Thrower());
    CASES.put("a circle", (e, c) -> new Circle());
    CASES.put("an object", (e, c) -> new Object());
    CASES.put("an enum", (e, c) -> Functions.Size.SMALL);
    CASES.put("bytes", (e, c) -> "é".getBytes(StandardCharsets.UTF_8));
    CASES.put("a date", (e, c) -> new Date(1767323045678L));
    CASES.put("an id", (e, c) -> UUID.fromString("00000000-0000-4000-8000-000000000001"));
    CASES.put("optionals", (e, c) -> Arrays.asList(Optional.of("x"), Optional.empty()));
    CASES.put("keys", (e, c) -> {
      Map<Object, Object> keys = new LinkedHashMap<>();
      keys.put(1, "a");
      keys.put(true, "b");
      keys.put(Functions.Size.SMALL, "c");
      keys.put("null", null);
      return keys;
    });
    CASES.put("a null key", (e, c) -> Collections.singletonMap(null, 1));
    CASES.put("sets and sorted maps", (e, c) -> Arrays.asList(new TreeSet<>(Arrays.asList(2, 1)), new TreeMap<>(Map.of("b", 1, "a", 2)), new int[][] {{1}, {}}));
    CASES.put("characters", (e, c) -> Arrays.asList('c', new char[] {'a', 'b'}, new StringBuilder("s")));
    CASES.put("a class", (e, c) -> String.class);
    CASES.put("an exception", (e, c) -> new IllegalStateException("returned").getMessage());
    CASES.put("the event", (e, c) -> e);
    CASES.put("types in the event", (e, c) -> {
      Map<String, Object> types = new TreeMap<>();
      e.forEach((name, value) -> types.put(name, value == null ? null : value.getClass().getName()));
      return types;
    });
    CASES.put("throws", (e, c) -> { throw new IllegalStateException("as asked"); });
    CASES.put("throws without text", (e, c) -> { throw new IllegalArgumentException(); });
    CASES.put("throws checked", (e, c) -> { throw new IOException("disk é"); });
    CASES.put("throws in lines", (e, c) -> { throw new IllegalStateException("one\ntwo"); });
    CASES.put("throws because", (e, c) -> { throw new Odd("outer", new IOException("inner", new NullPointerException("innermost"))); });
    CASES.put("throws after another", (e, c) -> {
      IllegalStateException error = new IllegalStateException("first");
      error.addSuppressed(new IOException("second"));
      throw error;
    });
    CASES.put("divides by zero", (e, c) -> 1 / (((Number) e.getOrDefault("zero", 0)).intValue()));
    CASES.put("casts", (e, c) -> (Integer) (Object) "text");
    CASES.put("asserts", (e, c) -> { throw new AssertionError("assertion"); });
    CASES.put("throws a linkage error", (e, c) -> { throw new NoClassDefFoundError("absent/Type"); });
    CASES.put("logs", (e, c) -> {
      c.getLogger().log("plain\n");
      c.getLogger().log("two\nlines é");
      c.getLogger().log("bytes é\n".getBytes(StandardCharsets.UTF_8));
      c.getLogger().log("");
      c.getLogger().log((String) null);
      System.out.println("printed\nlines é");
      System.out.print("without an end");
      System.out.println();
      System.err.println("to stderr");
      System.out.printf("%d%n", 7);
      return null;
    });
    CASES.put("logs levels", (e, c) -> {
      for (LogLevel level : LogLevel.values()) c.getLogger().log(level + " said", level);
      c.getLogger().log("bytes".getBytes(StandardCharsets.UTF_8), LogLevel.WARN);
      return null;
    });
    CASES.put("context", (e, c) -> {
      ClientContext client = c.getClientContext();
      return Arrays.asList(
          c.getFunctionName(), c.getFunctionVersion(), c.getMemoryLimitInMB(), c.getInvokedFunctionArn(),
          c.getLogGroupName(), c.getAwsRequestId(), c.getRemainingTimeInMillis() > 1000, c.getTenantId(), c.getXrayTraceId(),
          client.getCustom(), client.getEnvironment(), client.getClient().getAppTitle(),
          client.getClient().getInstallationId(), client.getClient().getAppPackageName(),
          client.getClient().getAppVersionCode(), client.getClient().getAppVersionName(),
          c.getIdentity() == null ? "none" : String.valueOf(c.getIdentity().getIdentityId()),
          c.getIdentity() == null ? "none" : String.valueOf(c.getIdentity().getIdentityPoolId()));
    });
    CASES.put("environment", (e, c) -> Arrays.asList(
        System.getenv("_X_AMZN_TRACE_ID"), System.getProperty("com.amazonaws.xray.traceHeader"), System.getProperty("user.dir"),
        System.getenv("AWS_EXECUTION_ENV"), System.getenv("_LAMBDA_TELEMETRY_LOG_FD"), System.getenv("_HANDLER"),
        Thread.currentThread().getName(), String.valueOf(Thread.currentThread().getContextClassLoader() == Parity.class.getClassLoader())));
  }

  public Object answer(Map<String, Object> event, Context context) throws Exception {
    return CASES.get((String) event.get("case")).run(event, context);
  }

  public static Object names() { return CASES.keySet(); }

  public static class InTheConstructor implements RequestHandler<String, String> {
    public InTheConstructor() throws IOException { throw new IOException("constructor"); }
    @Override
    public String handleRequest(String text, Context context) { return text; }
  }

  public static class InTheClass {
    static final int VALUE = Integer.parseInt("none");
    public String handleRequest(String text) { return text + VALUE; }
  }

  public static class WithParameters implements RequestHandler<String, String> {
    public WithParameters(String name) {}
    @Override
    public String handleRequest(String text, Context context) { return text; }
  }

  public abstract static class Abstract implements RequestHandler<String, String> {}

  public interface Interface extends RequestHandler<String, String> {}

  public static class NoHandler {}

  public static class Generic<T> implements RequestHandler<T, T> {
    @Override
    public T handleRequest(T input, Context context) { return input; }
  }

  public Integer number(Integer number) { return number; }
  public double fraction(double number) { return number; }
  public boolean flag(boolean flag) { return flag; }
  public List<Functions.Item> items(List<Functions.Item> items) { return items; }
  public Object any(Object event) { return event == null ? "null" : event.getClass().getName(); }
  public S3Event s3(S3Event event) { return event; }
  public SQSEvent sqs(SQSEvent event) { return event; }
  public SNSEvent sns(SNSEvent event) { return event; }
  public DynamodbEvent dynamodb(DynamodbEvent event) { return event; }
  public KinesisEvent kinesis(KinesisEvent event) { return event; }
  public SQSBatchResponse batch(SQSEvent event) {
    return new SQSBatchResponse(List.of(new SQSBatchResponse.BatchItemFailure(event.getRecords().get(0).getMessageId())));
  }
  public APIGatewayProxyResponseEvent proxy(APIGatewayProxyRequestEvent event) {
    return new APIGatewayProxyResponseEvent().withStatusCode(200).withHeaders(event.getHeaders()).withBody(event.getPath());
  }
}
