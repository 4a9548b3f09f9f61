package lambkin.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;

/**
 * Entry of the Java runtime. Runs inside the sandbox on Java 8 and later, with nothing but its class library: loads the
 * function that _HANDLER names and serves its invocations until the sandbox ends.
 */
public final class Bootstrap {
  private static final String CLOSED = "the Runtime API has gone";

  private Bootstrap() {}

  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 0) {
      Training.run();
      return;
    }
    try {
      String waitingAt = Assignment.addressToWaitAt();
      RuntimeClient client =
          new RuntimeClient(waitingAt == null ? System.getenv("AWS_LAMBDA_RUNTIME_API") : waitingAt);
      if (waitingAt != null) Assignment.await(client);
      Logs.setUp();
      serve(client, load(client));
    } catch (EOFException | SocketException gone) {
      // Without the Runtime API there is nothing to live for.
      System.err.println(CLOSED);
      Runtime.getRuntime().halt(1);
    }
  }

  private static Handler load(RuntimeClient client) throws IOException {
    try {
      ClassLoader loader = FunctionLoader.create();
      Thread.currentThread().setContextClassLoader(loader);
      Logs.offerTo(loader);
      return Handlers.load(System.getenv("_HANDLER"), loader);
    } catch (Throwable error) {
      Fault fault = Fault.of(error);
      if (fault.isStanding())
        return (event, context) -> {
          throw fault;
        };
      Logs.report(fault.text());
      client.initError(fault.header(), fault.document(false));
      exit();
      throw new IllegalStateException(error);
    }
  }

  private static void serve(RuntimeClient client, Handler handler) throws IOException {
    RuntimeClient.Answer event = client.next();
    while (true) {
      String requestId = event.field("lambda-runtime-aws-request-id");
      Logs.setRequest(requestId, event.field("lambda-runtime-aws-tenant-id"));
      forwardTraceId(event.field("lambda-runtime-trace-id"));
      byte[] result;
      try {
        result = handler.call(event.body, new Members(event));
      } catch (Throwable error) {
        event = fail(client, requestId, error);
        continue;
      }
      flush();
      event = client.respond(requestId, result);
    }
  }

  private static RuntimeClient.Answer fail(RuntimeClient client, String requestId, Throwable error)
      throws IOException {
    Fault fault = Fault.of(error);
    Logs.report(fault.text());
    flush();
    if (!fault.isFatal()) return client.fail(requestId, fault.header(), fault.document(true));
    client.failAndEnd(requestId, fault.header(), fault.document(true));
    exit();
    throw new IllegalStateException(error);
  }

  private static void forwardTraceId(String traceId) {
    if (traceId == null) System.clearProperty("com.amazonaws.xray.traceHeader");
    else System.setProperty("com.amazonaws.xray.traceHeader", traceId);
  }

  private static void exit() {
    flush();
    System.exit(1);
  }

  private static void flush() {
    System.out.flush();
    System.err.flush();
  }
}
