package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Takes articles out of a stock and puts them back. However many ask at once, nothing is promised twice. */
public class StockHandler implements RequestHandler<StockHandler.Request, StockHandler.Answer> {
  private final Stock stock =
      new Stock(
          DynamoDbClient.builder().httpClient(UrlConnectionHttpClient.create()).build(), System.getenv("TABLE"));

  @Override
  public Answer handleRequest(Request request, Context context) {
    if (request.getArticle() == null || request.getQuantity() < 1)
      throw new IllegalArgumentException("an article and a quantity of at least 1 are needed");
    int left =
        switch (String.valueOf(request.getAction())) {
          case "add" -> stock.add(request.getArticle(), request.getQuantity());
          case "take" -> stock.take(request.getArticle(), request.getQuantity());
          default -> throw new IllegalArgumentException("no such action: " + request.getAction());
        };
    context.getLogger().log(request.getArticle() + ": " + left + " left\n");
    return new Answer(request.getArticle(), left);
  }

  /** What the function is invoked with. */
  public static class Request {
    private String action;
    private String article;
    private int quantity;

    public String getAction() {
      return action;
    }

    public void setAction(String action) {
      this.action = action;
    }

    public String getArticle() {
      return article;
    }

    public void setArticle(String article) {
      this.article = article;
    }

    public int getQuantity() {
      return quantity;
    }

    public void setQuantity(int quantity) {
      this.quantity = quantity;
    }
  }

  /** How many are left. */
  public static class Answer {
    private final String article;
    private final int left;

    Answer(String article, int left) {
      this.article = article;
      this.left = left;
    }

    public String getArticle() {
      return article;
    }

    public int getLeft() {
      return left;
    }
  }
}
