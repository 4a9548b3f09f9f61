package lambkin.runtime;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * What AWS's services call the members of their events, where the classes of AWS's library for events call them
 * otherwise: so an event that a function returns or passes on is one again.
 */
final class EventNames {
  private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";

  /** Classes whose members all begin with a capital. */
  private static final Set<String> CAPITALIZED =
      new HashSet<>(
          Arrays.asList(
              "SNSEvent$SNSRecord",
              "SNSEvent$SNS",
              "SNSEvent$MessageAttribute",
              "ConnectEvent",
              "ConnectEvent$Details",
              "ConnectEvent$ContactData",
              "ConnectEvent$CustomerEndpoint",
              "ConnectEvent$SystemEndpoint",
              "models.dynamodb.StreamRecord",
              "models.dynamodb.AttributeValue"));

  /** Classes whose times are seconds with a fraction. */
  private static final Set<String> IN_SECONDS =
      new HashSet<>(Arrays.asList("models.dynamodb.StreamRecord", "models.kinesis.Record"));

  private EventNames() {}

  static boolean isEvent(Class<?> type) {
    return type.getName().startsWith(EVENTS);
  }

  static boolean isInSeconds(Class<?> type) {
    return isEvent(type) && IN_SECONDS.contains(shortName(superclassOf(type)));
  }

  /** Null for a property that isn't shown. */
  static String written(Class<?> type, String property) {
    if (!isEvent(type)) return property;
    switch (property) {
      case "sizeAsLong":
        return "size";
      case "size":
        // Of an object in S3, whose size needs more bits.
        return shortName(type).endsWith("$S3ObjectEntity") ? null : property;
      case "records":
        return "Records";
      case "SNS":
        return "Sns";
      case "detailType":
        return "detail-type";
      case "awsLogs":
        return "awslogs";
      case "xAmzId2":
        return "x-amz-id-2";
      case "xAmzRequestId":
        return "x-amz-request-id";
      case "eventSourceArn":
        return "eventSourceARN";
      default:
        boolean capital = CAPITALIZED.contains(shortName(superclassOf(type)));
        return capital ? Character.toUpperCase(property.charAt(0)) + property.substring(1) : property;
    }
  }

  /** Records of Kinesis and DynamoDB extend those of the services' own models. */
  private static Class<?> superclassOf(Class<?> type) {
    Class<?> parent = type.getSuperclass();
    return parent != null && parent.getName().startsWith(EVENTS + "models.") ? parent : type;
  }

  private static String shortName(Class<?> type) {
    return type.getName().substring(EVENTS.length());
  }
}
