import java.net.URI;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatch.model.MetricDatum;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;

/** Sends one request for each operation of the golden tests. Whatever comes back is ignored. */
public class Record {
  static String[] args;

  static <B extends AwsClientBuilder<B, C>, C> C client(B builder) {
    return builder
        .endpointOverride(URI.create(args[0]))
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create(args[1], args[2])))
        .overrideConfiguration(o -> o.retryStrategy(r -> r.maxAttempts(1)))
        .build();
  }

  static void send(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException ignored) {
      // The request is what counts.
    }
  }

  public static void main(String[] arguments) {
    args = arguments;
    String text = "text ü & <b>";
    Instant when = Instant.ofEpochMilli(1767323045678L);
    SdkBytes bytes = SdkBytes.fromByteArray(new byte[] {1, 2, 3});
    send(() -> client(LambdaClient.builder()).invoke(r -> r
        .functionName("arn:aws:lambda:us-east-1:000000000000:function:f")
        .qualifier("$LATEST").payload(SdkBytes.fromUtf8String("{\"a\":1}")).logType("Tail")));
    send(() -> client(S3Client.builder().forcePathStyle(true)).putObject(
        r -> r.bucket("bucket").key("a b/ü+c").metadata(Map.of("m", "v")), RequestBody.fromString(text)));
    send(() -> client(DynamoDbClient.builder()).putItem(r -> r.tableName("table").item(Map.of(
        "id", AttributeValue.fromS(text), "b", AttributeValue.fromB(bytes)))));
    send(() -> client(IamClient.builder()).createRole(
        r -> r.roleName("role").assumeRolePolicyDocument("{}").description(text)));
    send(() -> client(SqsClient.builder()).sendMessage(r -> r
        .queueUrl("http://localhost/000000000000/q").messageBody(text)
        .messageAttributes(Map.of("a",
            MessageAttributeValue.builder().dataType("Binary").binaryValue(bytes).build()))));
    send(() -> client(KinesisClient.builder()).putRecord(
        r -> r.streamName("stream").partitionKey("p").data(bytes)));
    send(() -> client(CloudWatchClient.builder()).putMetricData(r -> r.namespace("n").metricData(
        MetricDatum.builder().metricName("m").value(0.5).timestamp(when).build())));
  }
}
