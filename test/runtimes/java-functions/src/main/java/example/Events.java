package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import java.util.Map;
import java.util.stream.Collectors;

/** Functions of events as AWS's library has them. */
public class Events {
  public String bucket(S3Event event) {
    var record = event.getRecords().get(0);
    return record.getS3().getBucket().getName() + "/" + record.getS3().getObject().getUrlDecodedKey() + " "
        + record.getS3().getObject().getSizeAsLong() + " " + record.getEventTime().getMillis();
  }

  public String queue(SQSEvent event, Context context) {
    return event.getRecords().stream()
        .map(m -> m.getMessageId() + m.getBody() + m.getEventSourceArn() + m.getMessageAttributes().get("a").getStringValue())
        .collect(Collectors.joining());
  }

  public String schedule(ScheduledEvent event) {
    return event.getDetailType() + event.getTime().getMillis();
  }

  public APIGatewayV2HTTPResponse http(APIGatewayV2HTTPEvent event) {
    return APIGatewayV2HTTPResponse.builder()
        .withStatusCode(201)
        .withHeaders(Map.of("x-path", event.getRawPath()))
        .withBody(event.getRequestContext().getHttp().getMethod())
        .build();
  }
}
