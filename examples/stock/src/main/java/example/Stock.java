package example;

import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromN;
import static software.amazon.awssdk.services.dynamodb.model.AttributeValue.fromS;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValue;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/** How many there are of each article, in a table. */
final class Stock {
  private final DynamoDbClient client;
  private final String table;

  Stock(DynamoDbClient client, String table) {
    this.client = client;
    this.table = table;
  }

  int add(String article, int quantity) {
    return left(client.updateItem(change(article, quantity).build()).attributes());
  }

  int take(String article, int quantity) {
    UpdateItemRequest.Builder change =
        change(article, -quantity)
            .conditionExpression("quantity >= :wanted")
            .expressionAttributeValues(
                Map.of(":change", number(-quantity), ":wanted", number(quantity)));
    try {
      return left(client.updateItem(change.build()).attributes());
    } catch (ConditionalCheckFailedException tooFew) {
      throw new OutOfStockException(article, quantity);
    }
  }

  private UpdateItemRequest.Builder change(String article, int by) {
    return UpdateItemRequest.builder()
        .tableName(table)
        .key(Map.of("article", fromS(article)))
        .updateExpression("ADD quantity :change")
        .expressionAttributeValues(Map.of(":change", number(by)))
        .returnValues(ReturnValue.UPDATED_NEW);
  }

  private static AttributeValue number(int value) {
    return fromN(Integer.toString(value));
  }

  private static int left(Map<String, AttributeValue> attributes) {
    return Integer.parseInt(attributes.get("quantity").n());
  }
}
