package lambkin.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Date;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/** Writes Java values as JSON: maps, iterables, arrays, scalars, and beans by their properties. */
final class Writer {
  private static final int DEEPEST = 1000;

  private final StringBuilder out = new StringBuilder(256);
  private final Map<Object, Object> open = new IdentityHashMap<>();

  private Writer() {}

  static String write(Object value) throws ReflectiveOperationException {
    Writer writer = new Writer();
    writer.value(value);
    return writer.out.toString();
  }

  private void value(Object value) throws ReflectiveOperationException {
    if (value == null) out.append("null");
    else if (value instanceof CharSequence || value instanceof Character) string(value.toString());
    else if (value instanceof Enum) string(((Enum<?>) value).name());
    else if (value instanceof Boolean) out.append(value);
    else if (value instanceof Number) number((Number) value);
    else if (value instanceof char[]) string(new String((char[]) value));
    else if (value instanceof byte[]) string(Base64.getEncoder().encodeToString((byte[]) value));
    else if (value instanceof ByteBuffer) string(base64((ByteBuffer) value));
    else if (value instanceof Date) out.append(((Date) value).getTime());
    else if (value instanceof Optional) value(((Optional<?>) value).orElse(null));
    else if (value instanceof Class) string(((Class<?>) value).getName());
    else if (isText(value)) string(value.toString());
    else nested(value);
  }

  private void nested(Object value) throws ReflectiveOperationException {
    if (open.put(value, value) != null || open.size() > DEEPEST) {
      throw new IllegalArgumentException("an object that holds itself: " + value.getClass().getName());
    }
    if (value instanceof Map) map((Map<?, ?>) value);
    else if (value instanceof Iterable) iterable((Iterable<?>) value);
    else if (value.getClass().isArray()) array(value);
    else bean(value);
    open.remove(value);
  }

  private void map(Map<?, ?> map) throws ReflectiveOperationException {
    char before = '{';
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (entry.getKey() == null) throw new IllegalArgumentException("null as a key of a map");
      // As AWS's serializer: neither maps nor beans show what they don't have.
      if (entry.getValue() == null) continue;
      out.append(before);
      before = ',';
      Object key = entry.getKey();
      string(key instanceof Enum ? ((Enum<?>) key).name() : String.valueOf(key));
      out.append(':');
      value(entry.getValue());
    }
    out.append(before == '{' ? "{}" : "}");
  }

  private void iterable(Iterable<?> elements) throws ReflectiveOperationException {
    char before = '[';
    for (Object element : elements) {
      out.append(before);
      before = ',';
      value(element);
    }
    out.append(before == '[' ? "[]" : "]");
  }

  private void array(Object array) throws ReflectiveOperationException {
    out.append('[');
    for (int i = 0; i < Array.getLength(array); i++) {
      if (i > 0) out.append(',');
      value(Array.get(array, i));
    }
    out.append(']');
  }

  private void bean(Object bean) throws ReflectiveOperationException {
    char before = '{';
    boolean inSeconds = EventNames.isInSeconds(bean.getClass());
    for (Properties.Property property : Properties.of(bean.getClass()).all()) {
      if (!property.isReadable() || property.written == null) continue;
      Object value = valueOf(bean, property);
      if (value == null) continue;
      out.append(before);
      before = ',';
      string(property.written);
      out.append(':');
      if (inSeconds && value instanceof Date) out.append(((Date) value).getTime() / 1000.0);
      else value(value);
    }
    out.append(before == '{' ? "{}" : "}");
  }

  private static Object valueOf(Object bean, Properties.Property property) throws ReflectiveOperationException {
    try {
      return property.get(bean);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException) throw (RuntimeException) e.getCause();
      throw e;
    }
  }

  private void number(Number value) {
    boolean odd = value instanceof Double && !Double.isFinite((Double) value);
    if (odd || (value instanceof Float && !Float.isFinite((Float) value))) string(value.toString());
    else out.append(value instanceof BigDecimal ? value.toString() : String.valueOf(value));
  }

  /** Classes of which other runtimes and services see the text. */
  private static boolean isText(Object value) {
    String name = value.getClass().getName();
    return value instanceof java.util.UUID
        || value instanceof java.net.URI
        || value instanceof java.net.URL
        || value instanceof java.util.Locale
        || name.startsWith("java.time.")
        || name.startsWith("org.joda.time.");
  }

  private static String base64(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"':
          out.append("\\\"");
          break;
        case '\\':
          out.append("\\\\");
          break;
        case '\b':
          out.append("\\b");
          break;
        case '\f':
          out.append("\\f");
          break;
        case '\n':
          out.append("\\n");
          break;
        case '\r':
          out.append("\\r");
          break;
        case '\t':
          out.append("\\t");
          break;
        default:
          if (c < ' ' || Character.isSurrogate(c)) out.append(String.format("\\u%04X", (int) c));
          else out.append(c);
      }
    }
    out.append('"');
  }
}
