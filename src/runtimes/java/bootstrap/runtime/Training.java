package lambkin.runtime;

import java.nio.charset.StandardCharsets;

/** Uses what every function needs once, so that its classes come to lie in the archive that shortens starts. */
final class Training {
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

  static void run() throws Exception {
    Object json = Json.parse("{\"name\":\"a\",\"n\":[1,2.5,true,null]}");
    Writer.write(Reader.read(json, Bean.class));
    Writer.write(Reader.read(json, Object.class));
    ClassLoader loader = FunctionLoader.create();
    Class.forName("com.amazonaws.services.lambda.runtime.Context", true, loader);
    Class.forName(RuntimeClient.class.getName());
    Class.forName(RuntimeClient.Answer.class.getName());
    Class.forName(Handlers.class.getName());
    Class.forName(Members.class.getName());
    Class.forName(Logs.class.getName());
    Fault.of(new RuntimeException("training")).document();
    new String(new byte[0], StandardCharsets.UTF_8);
  }
}
