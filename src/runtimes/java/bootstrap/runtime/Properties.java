package lambkin.runtime;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The properties of a bean: public fields, and what getters and setters show. Fields first, then methods. */
final class Properties {
  private static final Map<Class<?>, Properties> KNOWN = new ConcurrentHashMap<>();

  /** One property; either way of access may be missing. */
  static final class Property {
    final String name;
    /** The member of a JSON object that it becomes, null if it becomes none. */
    final String written;
    Field field;
    Method getter;
    Method setter;

    Property(Class<?> type, String name) {
      this.name = name;
      this.written = EventNames.written(type, name);
    }

    boolean isReadable() {
      return getter != null || isPublic();
    }

    boolean isWritable() {
      // As with Jackson, a getter makes the field behind it something that can be set.
      return setter != null || (field != null && (isPublic() || getter != null));
    }

    private boolean isPublic() {
      return field != null && Modifier.isPublic(field.getModifiers());
    }

    Type type() {
      return setter != null ? setter.getGenericParameterTypes()[0] : field.getGenericType();
    }

    Object get(Object bean) throws ReflectiveOperationException {
      return getter != null ? getter.invoke(bean) : field.get(bean);
    }

    void set(Object bean, Object value) throws ReflectiveOperationException {
      if (setter != null) setter.invoke(bean, value);
      else field.set(bean, value);
    }
  }

  private final Map<String, Property> byName = new LinkedHashMap<>();
  private final Map<String, Property> byLooseName = new LinkedHashMap<>();
  private final List<Field> fields = new ArrayList<>();
  private final Class<?> type;
  private final boolean ofAnEvent;

  static Properties of(Class<?> type) {
    return KNOWN.computeIfAbsent(type, Properties::new);
  }

  private Properties(Class<?> type) {
    this.type = type;
    ofAnEvent = EventNames.isEvent(type);
    collectFields(type);
    boolean isRecord = type.getSuperclass() != null && type.getSuperclass().getName().equals("java.lang.Record");
    for (Method method : type.getMethods()) {
      if (Modifier.isStatic(method.getModifiers()) || method.isBridge() || method.isSynthetic()) continue;
      if (method.getDeclaringClass() == Object.class) continue;
      if (isRecord && method.getParameterCount() == 0 && byName.containsKey(method.getName())) {
        byName.get(method.getName()).getter = open(method);
      } else addMethod(method);
    }
    for (Property property : byName.values()) byLooseName.putIfAbsent(loose(property.name), property);
  }

  private void collectFields(Class<?> type) {
    if (type == null || type == Object.class) return;
    collectFields(type.getSuperclass());
    for (Field field : type.getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) continue;
      fields.add(field);
      if (Modifier.isTransient(field.getModifiers())) continue;
      property(field.getName()).field = open(field);
    }
  }

  private void addMethod(Method method) {
    String name = method.getName();
    Class<?> result = method.getReturnType();
    int parameters = method.getParameterCount();
    if (parameters == 1 && name.length() > 3 && name.startsWith("set")) {
      Property property = property(decapitalized(name.substring(3)));
      if (property.setter == null || isOfField(property, method)) property.setter = open(method);
    } else if (parameters == 0 && result != void.class && name.length() > 3 && name.startsWith("get")) {
      property(decapitalized(name.substring(3))).getter = open(method);
    } else if (parameters == 0 && name.length() > 2 && name.startsWith("is")) {
      if (result != boolean.class && result != Boolean.class) return;
      Property property = property(decapitalized(name.substring(2)));
      if (property.getter == null) property.getter = open(method);
    }
  }

  private static boolean isOfField(Property property, Method setter) {
    return property.field != null && property.field.getType() == setter.getParameterTypes()[0];
  }

  private Property property(String name) {
    return byName.computeIfAbsent(name, missing -> new Property(type, missing));
  }

  Iterable<Property> all() {
    return byName.values();
  }

  /** The property that a member of a JSON object is for. The events of AWS services don't write names as beans do. */
  Property named(String name) {
    Property exact = byName.get(name);
    return exact == null && ofAnEvent ? byLooseName.get(loose(name)) : exact;
  }

  /** The constructor of a class without setters that takes all of its fields in their order, or null. */
  static Constructor<?> ofAllFields(Class<?> type) {
    List<Field> fields = of(type).fields;
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      Class<?>[] parameters = constructor.getParameterTypes();
      if (parameters.length != fields.size() || parameters.length == 0) continue;
      boolean fits = true;
      for (int i = 0; i < parameters.length; i++) {
        // Times are often made from their text.
        fits &= parameters[i] == fields.get(i).getType() || parameters[i] == String.class;
      }
      if (fits) return open(constructor);
    }
    return null;
  }

  List<Field> fields() {
    return fields;
  }

  private static String loose(String name) {
    return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
  }

  private static String decapitalized(String name) {
    if (name.length() > 1 && Character.isUpperCase(name.charAt(0)) && Character.isUpperCase(name.charAt(1))) return name;
    return Character.toLowerCase(name.charAt(0)) + name.substring(1);
  }

  private static <T extends AccessibleObject> T open(T member) {
    try {
      member.setAccessible(true);
    } catch (RuntimeException closed) {
      // Of a module that opens nothing: what is public of it can still be used.
    }
    return member;
  }
}
