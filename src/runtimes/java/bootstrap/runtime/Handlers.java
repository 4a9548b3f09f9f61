package lambkin.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the function that a handler such as `example.Orders` or `example.Orders::place` names. */
final class Handlers {
  private static final String INTERFACES = "com.amazonaws.services.lambda.runtime.";
  private static final String DEFAULT_METHOD = "handleRequest";

  private Handlers() {}

  static Handler load(String handler, ClassLoader loader) throws Throwable {
    int colons = handler.indexOf("::");
    String className = colons < 0 ? handler : handler.substring(0, colons);
    String methodName = colons < 0 ? DEFAULT_METHOD : handler.substring(colons + 2);
    Class<?> type = classOf(className, loader);
    if (colons < 0 && !isHandler(type)) {
      throw Fault.ofFunction("Class does not implement an appropriate handler interface: " + className, null);
    }
    Method method = chooseMethod(type, methodName);
    if (colons < 0) requireConcreteTypes(type, method);
    Object instance = Modifier.isStatic(method.getModifiers()) ? null : instanceOf(type);
    return new MethodHandler(instance, method, typesOf(type, method), Serializer.find(loader));
  }

  private static Class<?> classOf(String name, ClassLoader loader) {
    try {
      return Class.forName(name, true, loader);
    } catch (ClassNotFoundException e) {
      throw Fault.ofFunction("Class not found: " + name, e);
    } catch (LinkageError e) {
      String why = e.getMessage() == null ? "" : ": " + e.getMessage();
      throw new Fault("Error loading class " + name + why, e);
    }
  }

  private static boolean isHandler(Class<?> type) {
    if (type == null) return false;
    String name = type.getName();
    if (name.equals(INTERFACES + "RequestHandler") || name.equals(INTERFACES + "RequestStreamHandler")) return true;
    for (Class<?> parent : type.getInterfaces()) if (isHandler(parent)) return true;
    return isHandler(type.getSuperclass());
  }

  private static void requireConcreteTypes(Class<?> type, Method method) {
    Map<TypeVariable<?>, Type> known = new HashMap<>();
    learn(type, known);
    for (Type parameter : method.getGenericParameterTypes()) {
      boolean open = parameter instanceof TypeVariable && !known.containsKey(parameter);
      if (!open || ((TypeVariable<?>) parameter).getBounds()[0] != Object.class) continue;
      String text = "Class " + type.getName() + " does not implement RequestHandler with concrete type parameters: ";
      throw Fault.ofFunction(text + "parameter " + parameter + " has no upper bound.", null);
    }
  }

  private static Object instanceOf(Class<?> type) throws Throwable {
    try {
      Constructor<?> constructor = type.getConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (NoSuchMethodException e) {
      String text = "Class " + type.getName() + " has no public zero-argument constructor";
      throw Fault.ofFunction(text, new Exception(text, e));
    } catch (InstantiationException e) {
      throw Fault.ofFunction(e.getClass().getName(), e);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  /** Of overloads the one with the most parameters, and of those one that ends in a Context. */
  private static Method chooseMethod(Class<?> type, String name) {
    List<Method> candidates = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name) && !method.isBridge() && isSupported(method)) candidates.add(method);
    }
    return candidates.stream()
        .max(Comparator.<Method>comparingInt(Method::getParameterCount).thenComparing(Handlers::endsInContext))
        .orElseThrow(
            () -> {
              String text = "No public method named " + name;
              text += " with appropriate method signature found on class " + type.getName();
              return Fault.ofFunction(text, null);
            });
  }

  private static boolean isSupported(Method method) {
    Class<?>[] parameters = method.getParameterTypes();
    int count = parameters.length - (endsInContext(method) ? 1 : 0);
    if (count <= 1) return true;
    return count == 2 && parameters[0] == InputStream.class && parameters[1] == OutputStream.class;
  }

  private static boolean endsInContext(Method method) {
    Class<?>[] parameters = method.getParameterTypes();
    return parameters.length > 0 && isContext(parameters[parameters.length - 1]);
  }

  private static boolean isContext(Class<?> type) {
    return type.getName().equals(INTERFACES + "Context");
  }

  /** The parameters' types and the result's, with the variables of superclasses and interfaces filled in. */
  private static Type[] typesOf(Class<?> type, Method method) {
    Map<TypeVariable<?>, Type> known = new HashMap<>();
    learn(type, known);
    Type[] parameters = method.getGenericParameterTypes();
    Type[] types = new Type[parameters.length + 1];
    for (int i = 0; i < parameters.length; i++) types[i] = meant(parameters[i], known);
    types[parameters.length] = meant(method.getGenericReturnType(), known);
    return types;
  }

  private static void learn(Type type, Map<TypeVariable<?>, Type> known) {
    if (type == null) return;
    Class<?> raw = type instanceof ParameterizedType ? (Class<?>) ((ParameterizedType) type).getRawType() : (Class<?>) type;
    if (type instanceof ParameterizedType) {
      Type[] arguments = ((ParameterizedType) type).getActualTypeArguments();
      for (int i = 0; i < arguments.length; i++) known.put(raw.getTypeParameters()[i], meant(arguments[i], known));
    }
    learn(raw.getGenericSuperclass(), known);
    for (Type parent : raw.getGenericInterfaces()) learn(parent, known);
  }

  private static Type meant(Type type, Map<TypeVariable<?>, Type> known) {
    if (!(type instanceof TypeVariable)) return type;
    Type found = known.get(type);
    return found == null ? ((TypeVariable<?>) type).getBounds()[0] : found;
  }

  /** Calls a method with the parameters that its signature asks for. */
  private static final class MethodHandler implements Handler {
    private final Object instance;
    private final Method method;
    private final Type[] types;
    private final Serializer serializer;

    MethodHandler(Object instance, Method method, Type[] types, Serializer serializer) {
      this.instance = instance;
      this.method = method;
      this.types = types;
      this.serializer = serializer;
      method.setAccessible(true);
    }

    @Override
    public byte[] call(byte[] event, Members members) throws Throwable {
      Class<?>[] classes = method.getParameterTypes();
      Object[] values = new Object[classes.length];
      ByteArrayOutputStream output = null;
      for (int i = 0; i < classes.length; i++) {
        if (isContext(classes[i])) values[i] = members.context(classes[i]);
        else if (classes[i] == InputStream.class) values[i] = new ByteArrayInputStream(event);
        else if (classes[i] == OutputStream.class) values[i] = output = new ByteArrayOutputStream();
        else values[i] = serializer.read(event, types[i]);
      }
      Object result;
      try {
        result = method.invoke(instance, values);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
      if (output != null) return output.toByteArray();
      return serializer.write(result, types[classes.length]);
    }
  }
}
