package lambkin.runtime;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Map;

/**
 * What a function's Context tells, https://docs.aws.amazon.com/lambda/latest/dg/java-context.html. The interface is the
 * function's own, of whatever release, so it is implemented when its class is known.
 */
final class Members {
  private final RuntimeClient.Answer event;
  private final long deadlineMs;

  Members(RuntimeClient.Answer event) {
    this.event = event;
    this.deadlineMs = Long.parseLong(event.field("lambda-runtime-deadline-ms"));
  }

  Object context(Class<?> type) {
    return implement(type, this::ofContext);
  }

  private interface Getter {
    Object get(String name, Class<?> type);
  }

  private static Object implement(Class<?> type, Getter getter) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getDeclaringClass() == Object.class) return ofObject(type, proxy, method, arguments);
          return getter.get(method.getName(), method.getReturnType());
        };
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }

  static Object ofObject(Class<?> type, Object proxy, Method method, Object[] arguments) {
    switch (method.getName()) {
      case "equals":
        return proxy == arguments[0];
      case "hashCode":
        return System.identityHashCode(proxy);
      default:
        return type.getSimpleName() + "@" + Integer.toHexString(System.identityHashCode(proxy));
    }
  }

  private Object ofContext(String name, Class<?> type) {
    switch (name) {
      case "getAwsRequestId":
        return event.field("lambda-runtime-aws-request-id");
      case "getInvokedFunctionArn":
        return event.field("lambda-runtime-invoked-function-arn");
      case "getTenantId":
        return event.field("lambda-runtime-aws-tenant-id");
      case "getXrayTraceId":
        return event.field("lambda-runtime-trace-id");
      case "getLogGroupName":
        return System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
      case "getLogStreamName":
        return System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
      case "getFunctionName":
        return System.getenv("AWS_LAMBDA_FUNCTION_NAME");
      case "getFunctionVersion":
        return System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
      case "getMemoryLimitInMB":
        return Integer.valueOf(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
      case "getRemainingTimeInMillis":
        return (int) Math.max(0, deadlineMs - System.currentTimeMillis());
      case "getLogger":
        return Logs.logger(type);
      case "getIdentity":
        return identity(type);
      case "getClientContext":
        return clientContext(type);
      default:
        return null;
    }
  }

  private Object identity(Class<?> type) {
    String text = event.field("lambda-runtime-cognito-identity");
    if (text == null) return null;
    Map<?, ?> members = object(text);
    return implement(
        type,
        (name, result) -> members.get(name.equals("getIdentityId") ? "cognitoIdentityId" : "cognitoIdentityPoolId"));
  }

  private Object clientContext(Class<?> type) {
    String text = event.field("lambda-runtime-client-context");
    if (text == null) return null;
    Map<?, ?> members = object(text);
    return implement(
        type,
        (name, result) -> {
          if (name.equals("getCustom")) return members.get("custom");
          if (name.equals("getEnvironment")) return members.get("env");
          Map<?, ?> client = members.get("client") instanceof Map ? (Map<?, ?>) members.get("client") : null;
          return client == null ? null : implement(result, (getter, string) -> client.get(snakeCase(getter)));
        });
  }

  /** `installation_id` for `getInstallationId`. */
  private static String snakeCase(String getter) {
    return getter.substring(3).replaceAll("(?<=.)([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
  }

  private static Map<?, ?> object(String text) {
    Object json = Json.parse(text);
    return json instanceof Map ? (Map<?, ?>) json : Collections.emptyMap();
  }
}
