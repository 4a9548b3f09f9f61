package lambkin.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.ServiceLoader;

/** Between bytes and the values of functions: the runtime's own, or the one that the package offers as a service. */
class Serializer {
  private static final String CUSTOM = "com.amazonaws.services.lambda.runtime.CustomPojoSerializer";

  static Serializer find(ClassLoader loader) {
    try {
      Class<?> service = Class.forName(CUSTOM, false, loader);
      Iterator<?> found = ServiceLoader.load(service, loader).iterator();
      if (!found.hasNext()) return new Serializer();
      Object first = found.next();
      if (found.hasNext()) throw new Fault("Too many serializers provided on the class path", new IllegalStateException());
      return new Custom(first, service);
    } catch (ReflectiveOperationException none) {
      return new Serializer();
    }
  }

  Object read(byte[] event, Type type) {
    try {
      return Reader.read(Json.parse(new String(event, StandardCharsets.UTF_8)), type);
    } catch (InvocationTargetException e) {
      throw fault("An error occurred during JSON parsing", e.getCause());
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw fault("An error occurred during JSON parsing", e);
    }
  }

  byte[] write(Object value, Type type) {
    try {
      return Writer.write(value).getBytes(StandardCharsets.UTF_8);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw fault("An error occurred during JSON serialization of response", e);
    }
  }

  private static Fault fault(String text, Throwable cause) {
    return new Fault(text, new RuntimeException(text, cause));
  }

  private static final class Custom extends Serializer {
    private final Object serializer;
    private final Method fromJson;
    private final Method toJson;

    Custom(Object serializer, Class<?> service) throws NoSuchMethodException {
      this.serializer = serializer;
      fromJson = service.getMethod("fromJson", InputStream.class, Type.class);
      toJson = service.getMethod("toJson", Object.class, OutputStream.class, Type.class);
    }

    @Override
    Object read(byte[] event, Type type) {
      return invoke(fromJson, new ByteArrayInputStream(event), type);
    }

    @Override
    byte[] write(Object value, Type type) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      invoke(toJson, value, out, type);
      return out.toByteArray();
    }

    private Object invoke(Method method, Object... arguments) {
      try {
        return method.invoke(serializer, arguments);
      } catch (ReflectiveOperationException e) {
        throw new Fault(String.valueOf(e.getCause()), e.getCause() == null ? e : e.getCause());
      }
    }
  }
}
