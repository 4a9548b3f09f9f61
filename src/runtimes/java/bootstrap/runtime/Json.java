package lambkin.runtime;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON text as maps, lists, strings, numbers, Booleans and null (RFC 8259). */
final class Json {
  private static final int DEEPEST = 1000;

  private final String text;
  private int at = 0;
  private int depth = 0;

  private Json(String text) {
    this.text = text;
  }

  static Object parse(String text) {
    Json json = new Json(text);
    json.skipSpace();
    Object value = json.value();
    json.skipSpace();
    if (json.at < text.length()) throw json.unexpected();
    return value;
  }

  private Object value() {
    char c = peek();
    switch (c) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        return word("true", Boolean.TRUE);
      case 'f':
        return word("false", Boolean.FALSE);
      case 'n':
        return word("null", null);
      default:
        return number();
    }
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    enter();
    if (!closes('}')) {
      do {
        skipSpace();
        if (peek() != '"') throw unexpected();
        String name = string();
        skipSpace();
        if (peek() != ':') throw unexpected();
        at++;
        skipSpace();
        members.put(name, value());
      } while (!ends('}'));
    }
    depth--;
    return members;
  }

  private List<Object> array() {
    List<Object> elements = new ArrayList<>();
    enter();
    if (!closes(']')) {
      do {
        skipSpace();
        elements.add(value());
      } while (!ends(']'));
    }
    depth--;
    return elements;
  }

  private void enter() {
    at++;
    if (++depth > DEEPEST) throw new IllegalArgumentException("nested deeper than " + DEEPEST);
  }

  private boolean closes(char bracket) {
    skipSpace();
    if (peek() != bracket) return false;
    at++;
    return true;
  }

  private boolean ends(char bracket) {
    skipSpace();
    char c = peek();
    at++;
    if (c == bracket) return true;
    if (c == ',') return false;
    at--;
    throw unexpected();
  }

  private String string() {
    int start = ++at;
    while (true) {
      char c = peek();
      if (c == '"') return text.substring(start, at++);
      if (c == '\\') break;
      if (c < ' ') throw unexpected();
      at++;
    }
    StringBuilder result = new StringBuilder(text.substring(start, at));
    while (true) {
      char c = peek();
      at++;
      if (c == '"') return result.toString();
      if (c < ' ') throw unexpected();
      result.append(c == '\\' ? escape() : c);
    }
  }

  private char escape() {
    char c = peek();
    at++;
    switch (c) {
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'u':
        if (at + 4 > text.length()) throw unexpected();
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 4, at), 16);
      case '"':
      case '\\':
      case '/':
        return c;
      default:
        throw unexpected();
    }
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) throw unexpected();
    at += word.length();
    return value;
  }

  /** Of the smallest type of Integer, Long and BigInteger that holds it; with a fraction or exponent a Double. */
  private Number number() {
    int start = at;
    boolean whole = true;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      char c = text.charAt(at++);
      if (c == '.' || c == 'e' || c == 'E') whole = false;
    }
    String digits = text.substring(start, at);
    if (!digits.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?")) {
      at = start;
      throw unexpected();
    }
    if (!whole) return new Fraction(digits);
    BigInteger value = new BigInteger(digits);
    if (value.bitLength() < 32) return value.intValue();
    if (value.bitLength() < 64) return value.longValue();
    return value;
  }

  /** A number with a fraction, as a Double for most and with all its digits for a BigDecimal. */
  static final class Fraction extends Number {
    private static final long serialVersionUID = 1;

    private final String digits;

    Fraction(String digits) {
      this.digits = digits;
    }

    BigDecimal decimal() {
      return new BigDecimal(digits);
    }

    @Override
    public int intValue() {
      return (int) doubleValue();
    }

    @Override
    public long longValue() {
      return (long) doubleValue();
    }

    @Override
    public float floatValue() {
      return Float.parseFloat(digits);
    }

    @Override
    public double doubleValue() {
      return Double.parseDouble(digits);
    }

    @Override
    public String toString() {
      return digits;
    }
  }

  private char peek() {
    if (at >= text.length()) throw new IllegalArgumentException("unexpected end of the JSON text");
    return text.charAt(at);
  }

  private void skipSpace() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException unexpected() {
    String found = at < text.length() ? "'" + text.charAt(at) + "'" : "end";
    return new IllegalArgumentException("unexpected " + found + " at character " + at + " of the JSON text");
  }
}
