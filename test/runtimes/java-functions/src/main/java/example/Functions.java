package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Functions of every shape that the Java runtime takes. */
public class Functions {
  public static class Item {
    private String name;
    private int count;
    private BigDecimal price;
    private List<Item> parts;
    private Map<String, Double> weights;
    private Size size;
    public boolean loose;
    private Boolean ready;
    private byte[] bytes;
    private String URL;

    public String getName() { return name; }
    public void setName(String name) { this.name = name; }
    public int getCount() { return count; }
    public void setCount(int count) { this.count = count; }
    public BigDecimal getPrice() { return price; }
    public void setPrice(BigDecimal price) { this.price = price; }
    public List<Item> getParts() { return parts; }
    public void setParts(List<Item> parts) { this.parts = parts; }
    public Map<String, Double> getWeights() { return weights; }
    public void setWeights(Map<String, Double> weights) { this.weights = weights; }
    public Size getSize() { return size; }
    public void setSize(Size size) { this.size = size; }
    public Boolean getReady() { return ready; }
    public void setReady(Boolean ready) { this.ready = ready; }
    public byte[] getBytes() { return bytes; }
    public void setBytes(byte[] bytes) { this.bytes = bytes; }
    public String getURL() { return URL; }
    public void setURL(String URL) { this.URL = URL; }
  }

  public enum Size { SMALL, LARGE }

  public static class Handler implements RequestHandler<Map<String, Object>, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("event", event);
      result.put("id", context.getAwsRequestId());
      result.put("arn", context.getInvokedFunctionArn());
      result.put("memory", context.getMemoryLimitInMB());
      result.put("name", context.getFunctionName());
      result.put("version", context.getFunctionVersion());
      result.put("group", context.getLogGroupName());
      result.put("left", context.getRemainingTimeInMillis());
      result.put("identity", context.getIdentity() == null ? null : context.getIdentity().getIdentityId());
      result.put("custom", context.getClientContext() == null ? null : context.getClientContext().getCustom());
      result.put("app", context.getClientContext() == null ? null : context.getClientContext().getClient().getAppTitle());
      result.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
      return result;
    }
  }

  public abstract static class Base<I, O> implements RequestHandler<I, O> {
    protected abstract O answer(I input);

    @Override
    public O handleRequest(I input, Context context) { return answer(input); }
  }

  public static class Inherited extends Base<Item, List<Item>> {
    @Override
    protected List<Item> answer(Item input) { return List.of(input); }
  }

  public static class Streams implements RequestStreamHandler {
    @Override
    public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
      out.write("raw ".getBytes());
      in.transferTo(out);
    }
  }

  public static class Failing implements RequestHandler<String, String> {
    public Failing() { throw new IllegalStateException("no luck"); }
    public String handleRequest(String text, Context context) { return ""; }
  }

  public static class Closed implements RequestHandler<String, String> {
    private Closed() {}
    public String handleRequest(String text, Context context) { return ""; }
  }

  public Item item(Item item) { return item; }
  public String text(String text, Context context) { return text.toUpperCase(); }
  public Integer length(List<Integer> numbers) { return numbers.stream().mapToInt(n -> n).sum(); }
  public Set<Size> sizes(Set<Size> sizes) { return sizes; }
  public void nothing() {}
  public String choose(String text) { return "one"; }
  public String choose(String text, Context context) { return "two"; }
  public static long fixed(int n) { return n * 2L; }
  public String fail(Map<String, String> event) { throw new UnsupportedOperationException(event.get("text")); }
  public String checked() throws IOException { throw new IOException("disk", new RuntimeException("cause")); }
  public String overflow() { throw new StackOverflowError("deep"); }
  public String exit(Integer code) { System.exit(code); return ""; }
  public String log(Object event, Context context) {
    System.out.println("printed");
    context.getLogger().log("two\nlines");
    context.getLogger().log("quiet", LogLevel.DEBUG);
    LambdaRuntime.getLogger().log("shared", LogLevel.ERROR);
    return System.getenv("JAVA_TOOL_OPTIONS");
  }
  public String self() throws Exception { return Class.forName("example.InJar").getName() + Runtime.getRuntime().maxMemory() / 1048576; }
}
