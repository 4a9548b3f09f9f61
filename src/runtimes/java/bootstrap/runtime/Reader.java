package lambkin.runtime;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes values of a Java type out of parsed JSON. */
final class Reader {
  private Reader() {}

  static Object read(Object json, Type type) throws ReflectiveOperationException {
    return read(json, type, Collections.emptyMap());
  }

  private static Object read(Object json, Type type, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    if (type instanceof Class) return readClass(json, (Class<?>) type, bound);
    if (type instanceof ParameterizedType) return readParameterized(json, (ParameterizedType) type, bound);
    if (type instanceof GenericArrayType) {
      return readArray(json, ((GenericArrayType) type).getGenericComponentType(), bound);
    }
    if (type instanceof WildcardType) return read(json, ((WildcardType) type).getUpperBounds()[0], bound);
    Type meant = bound.get(type);
    return read(json, meant == null ? ((TypeVariable<?>) type).getBounds()[0] : meant, bound);
  }

  private static Object readParameterized(Object json, ParameterizedType type, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    Class<?> raw = (Class<?>) type.getRawType();
    Map<TypeVariable<?>, Type> inner = new HashMap<>(bound);
    Type[] arguments = type.getActualTypeArguments();
    for (int i = 0; i < arguments.length; i++) {
      Type argument = arguments[i];
      inner.put(raw.getTypeParameters()[i], argument instanceof TypeVariable ? bound.get(argument) : argument);
    }
    if (json == null) return raw == Optional.class ? Optional.empty() : null;
    if (Collection.class.isAssignableFrom(raw)) return readCollection(json, raw, arguments[0], inner);
    if (Map.class.isAssignableFrom(raw) && arguments.length == 2) {
      return readMap(json, raw, arguments[0], arguments[1], inner);
    }
    if (raw == Optional.class) return Optional.ofNullable(read(json, arguments[0], inner));
    return readClass(json, raw, inner);
  }

  private static Object readClass(Object json, Class<?> type, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    if (type.isPrimitive()) return primitive(json, type);
    if (json == null) return null;
    if (type == Object.class) return plain(json);
    if (type == String.class || type == CharSequence.class) return text(json);
    if (Number.class.isAssignableFrom(type) || type == Boolean.class || type == Character.class) {
      return "".equals(json) && type != Character.class ? null : scalar(json, type);
    }
    if (type.isEnum()) return constant(json, type);
    if (type == byte[].class) return Base64.getDecoder().decode(text(json));
    if (type.isArray()) return readArray(json, type.getComponentType(), bound);
    if (Collection.class.isAssignableFrom(type)) return readCollection(json, type, Object.class, bound);
    if (Map.class.isAssignableFrom(type)) return readMap(json, type, Object.class, Object.class, bound);
    if (json instanceof Map) return readBean((Map<?, ?>) json, type, bound);
    if ("".equals(json) || Collections.emptyList().equals(json)) return null;
    return readScalarObject(json, type);
  }

  /** What Lambda's own events and common classes write as one string or number. */
  private static Object readScalarObject(Object json, Class<?> type) throws ReflectiveOperationException {
    if (type == ByteBuffer.class) return ByteBuffer.wrap(Base64.getDecoder().decode(text(json)));
    if (type == Date.class) {
      if (json instanceof String) return Date.from(OffsetDateTime.parse((String) json).toInstant());
      return json instanceof Json.Fraction ? dateOfSeconds((Number) json) : new Date(((Number) json).longValue());
    }
    if (type == Instant.class) return OffsetDateTime.parse(text(json)).toInstant();
    for (String factory : new String[] {"fromString", "parse", "create", "valueOf"}) {
      for (Class<?> parameter : new Class<?>[] {String.class, CharSequence.class}) {
        try {
          return type.getMethod(factory, parameter).invoke(null, text(json));
        } catch (NoSuchMethodException absent) {
          continue;
        }
      }
    }
    try {
      return type.getConstructor(String.class).newInstance(text(json));
    } catch (NoSuchMethodException absent) {
      throw mismatch(json, type);
    }
  }

  private static Date dateOfSeconds(Number seconds) {
    return new Date(Math.round(seconds.doubleValue() * 1000));
  }

  private static Object readBean(Map<?, ?> members, Class<?> type, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    Properties properties = Properties.of(type);
    Constructor<?> constructor;
    try {
      constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
    } catch (NoSuchMethodException absent) {
      return readImmutable(members, type, properties, bound);
    }
    Object bean = constructor.newInstance();
    for (Map.Entry<?, ?> member : members.entrySet()) {
      Properties.Property property = properties.named((String) member.getKey());
      if (property == null || !property.isWritable()) continue;
      boolean inSeconds = member.getValue() instanceof Number && property.type() == Date.class;
      if (inSeconds && EventNames.isInSeconds(type)) property.set(bean, dateOfSeconds((Number) member.getValue()));
      else property.set(bean, read(member.getValue(), property.type(), bound));
    }
    return bean;
  }

  private static Object readImmutable(
      Map<?, ?> members, Class<?> type, Properties properties, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    Constructor<?> constructor = Properties.ofAllFields(type);
    if (constructor == null) throw mismatch(members, type);
    Map<String, Object> byProperty = new HashMap<>();
    for (Map.Entry<?, ?> member : members.entrySet()) {
      Properties.Property property = properties.named((String) member.getKey());
      if (property != null) byProperty.put(property.name, member.getValue());
    }
    List<Field> fields = properties.fields();
    Type[] types = constructor.getGenericParameterTypes();
    Object[] values = new Object[fields.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = read(byProperty.get(fields.get(i).getName()), types[i], bound);
    }
    return constructor.newInstance(values);
  }

  private static Collection<Object> readCollection(
      Object json, Class<?> type, Type element, Map<TypeVariable<?>, Type> bound) throws ReflectiveOperationException {
    Collection<Object> result = newCollection(type);
    // A single value counts as an array of one.
    List<?> elements = json instanceof List ? (List<?>) json : Collections.singletonList(json);
    for (Object value : elements) result.add(read(value, element, bound));
    return result;
  }

  @SuppressWarnings("unchecked")
  private static Collection<Object> newCollection(Class<?> type) throws ReflectiveOperationException {
    if (!type.isInterface() && !java.lang.reflect.Modifier.isAbstract(type.getModifiers())) {
      return (Collection<Object>) type.getDeclaredConstructor().newInstance();
    }
    if (type.isAssignableFrom(ArrayList.class)) return new ArrayList<>();
    if (SortedSet.class.isAssignableFrom(type)) return new TreeSet<>();
    if (type.isAssignableFrom(LinkedHashSet.class)) return new LinkedHashSet<>();
    return new ArrayDeque<>();
  }

  @SuppressWarnings("unchecked")
  private static Object readMap(Object json, Class<?> type, Type key, Type value, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    if (!(json instanceof Map)) throw mismatch(json, type);
    Map<Object, Object> result;
    if (SortedMap.class.isAssignableFrom(type) && type.isInterface()) result = new TreeMap<>();
    else if (type.isInterface() || java.lang.reflect.Modifier.isAbstract(type.getModifiers())) {
      result = new LinkedHashMap<>();
    } else result = (Map<Object, Object>) type.getDeclaredConstructor().newInstance();
    for (Map.Entry<?, ?> entry : ((Map<?, ?>) json).entrySet()) {
      result.put(read(entry.getKey(), key, bound), read(entry.getValue(), value, bound));
    }
    return result;
  }

  private static Object readArray(Object json, Type element, Map<TypeVariable<?>, Type> bound)
      throws ReflectiveOperationException {
    if (json == null) return null;
    List<?> elements = json instanceof List ? (List<?>) json : Collections.singletonList(json);
    Type raw = element instanceof ParameterizedType ? ((ParameterizedType) element).getRawType() : element;
    Object array = Array.newInstance(raw instanceof Class ? (Class<?>) raw : Object.class, elements.size());
    for (int i = 0; i < elements.size(); i++) Array.set(array, i, read(elements.get(i), element, bound));
    return array;
  }

  /** As Object: fractions become Doubles. */
  private static Object plain(Object json) {
    if (json instanceof Json.Fraction) return ((Json.Fraction) json).doubleValue();
    if (json instanceof List) {
      List<Object> result = new ArrayList<>();
      for (Object element : (List<?>) json) result.add(plain(element));
      return result;
    }
    if (json instanceof Map) {
      Map<Object, Object> result = new LinkedHashMap<>();
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) json).entrySet()) result.put(entry.getKey(), plain(entry.getValue()));
      return result;
    }
    return json;
  }

  private static Object primitive(Object json, Class<?> type) {
    Class<?> boxed = Array.get(Array.newInstance(type, 1), 0).getClass();
    boolean nothing = json == null || "".equals(json);
    return nothing ? Array.get(Array.newInstance(type, 1), 0) : scalar(json, boxed);
  }

  private static Object scalar(Object json, Class<?> type) {
    if (type == Boolean.class) {
      if (json instanceof Boolean) return json;
      if ("true".equals(json) || "false".equals(json)) return Boolean.valueOf((String) json);
      if (json instanceof Integer) return (Integer) json != 0;
      throw mismatch(json, type);
    }
    if (type == Character.class) {
      if (json instanceof String && ((String) json).length() == 1) return ((String) json).charAt(0);
      throw mismatch(json, type);
    }
    Object number = json instanceof String ? Json.parse(((String) json).trim()) : json;
    if (!(number instanceof Number)) throw mismatch(json, type);
    return number((Number) number, type);
  }

  private static Object number(Number value, Class<?> type) {
    if (type == Double.class) return value.doubleValue();
    if (type == Float.class) return value.floatValue();
    BigDecimal exact = value instanceof Json.Fraction ? ((Json.Fraction) value).decimal() : new BigDecimal(value.toString());
    if (type == BigDecimal.class) return exact;
    if (type == Number.class) return value instanceof Json.Fraction ? (Object) value.doubleValue() : value;
    BigInteger whole = exact.toBigInteger();
    if (type == BigInteger.class) return whole;
    if (type == Long.class && whole.bitLength() < 64) return whole.longValue();
    if (type == Integer.class && whole.bitLength() < 32) return whole.intValue();
    if (type == Short.class && whole.bitLength() < 16) return whole.shortValue();
    if (type == Byte.class && whole.bitLength() <= 8) return whole.byteValue();
    throw mismatch(value, type);
  }

  private static Object constant(Object json, Class<?> type) {
    Object[] constants = type.getEnumConstants();
    if (json instanceof Integer) {
      int index = (Integer) json;
      return index >= 0 && index < constants.length ? constants[index] : null;
    }
    for (Object constant : constants) {
      if (((Enum<?>) constant).name().equals(json)) return constant;
    }
    return null;
  }

  private static String text(Object json) {
    if (json instanceof Map || json instanceof List) throw mismatch(json, String.class);
    return json.toString();
  }

  private static IllegalArgumentException mismatch(Object json, Class<?> type) {
    String kind = json instanceof Map ? "an object" : json instanceof List ? "an array" : String.valueOf(json);
    return new IllegalArgumentException("cannot make a value of " + type.getName() + " from " + kind);
  }
}
