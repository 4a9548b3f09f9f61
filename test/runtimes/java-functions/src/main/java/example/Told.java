package example;

import com.amazonaws.services.lambda.runtime.Context;
import java.util.LinkedHashMap;
import java.util.Map;

/** A function that tells what its context says, fails and ends as it is told. */
public class Told {
  public Map<String, Object> handle(Map<String, Object> event, Context context) {
    context.getLogger().log("two\nlines");
    if ("fail".equals(event.get("do"))) throw new IllegalStateException("as asked");
    if ("exit".equals(event.get("do"))) Runtime.getRuntime().halt(3);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("requestId", context.getAwsRequestId());
    answer.put("arn", context.getInvokedFunctionArn());
    answer.put("name", context.getFunctionName());
    answer.put("remaining", context.getRemainingTimeInMillis());
    answer.put("stream", context.getLogStreamName());
    answer.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
    answer.put("custom", context.getClientContext() == null ? null : context.getClientContext().getCustom());
    answer.put("identity", context.getIdentity() == null ? null : context.getIdentity().getIdentityId());
    return answer;
  }
}
