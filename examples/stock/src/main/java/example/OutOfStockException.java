package example;

/** Fewer are left than somebody wants. */
public class OutOfStockException extends RuntimeException {
  OutOfStockException(String article, int wanted) {
    super("there are no " + wanted + " of " + article);
  }
}
