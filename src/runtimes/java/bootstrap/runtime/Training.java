package lambkin.runtime;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;

/** Uses what every function needs, so that its classes come to lie in the archive that shortens starts, or are there. */
final class Training {
  private static final int ROUNDS = 50;
  private static final String CONTEXT = "com.amazonaws.services.lambda.runtime.Context";

  private Training() {}

  public static final class Bean {
    private String name;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }
  }

  public static final class Sample {
    public Bean bean(Bean event) {
      return event;
    }

    public Object any(Map<String, Object> event) {
      return event;
    }
  }

  static void run() throws Exception {
    exercise();
    FunctionLoader.create();
    Class.forName(Assignment.class.getName());
    Class.forName(RuntimeClient.class.getName());
    Class.forName(RuntimeClient.Answer.class.getName());
    Class.forName(Logs.class.getName());
  }

  /** Loads functions and serves them, without a look at the variables, and leaves nothing that a function could see. */
  static void exercise() throws Exception {
    File jar = new File(System.getProperty("java.class.path")).getAbsoluteFile();
    URL interfaces = new File(jar.getParentFile(), "interfaces.jar").toURI().toURL();
    byte[] event = "{\"name\":\"a\",\"n\":[1,2.5,true,null]}".getBytes(StandardCharsets.UTF_8);
    Map<String, String> fields = Collections.singletonMap("lambda-runtime-deadline-ms", "0");
    Members members = new Members(new RuntimeClient.Answer(fields, event));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {interfaces}, ClassLoader.getSystemClassLoader())) {
      for (String method : new String[] {"bean", "any"}) {
        Handler handler = Handlers.load(Sample.class.getName() + "::" + method, loader);
        for (int n = 0; n < ROUNDS; n++) handler.call(event, members);
      }
      members.context(Class.forName(CONTEXT, true, loader)).toString();
    } catch (Throwable error) {
      throw new Exception(error);
    }
    Fault.of(new RuntimeException("training")).document(true);
  }
}
