package lambkin.runtime;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where a function's classes come from: its package, the jars in its `lib`, and those in `java/lib` of its layers, by
 * name. The interfaces of handlers come last, for packages that were built without.
 */
final class FunctionLoader {
  private FunctionLoader() {}

  static ClassLoader create() throws MalformedURLException {
    String root = System.getenv("LAMBDA_TASK_ROOT");
    List<URL> places = new ArrayList<>();
    if (root != null) {
      places.add(new File(root + "/").toURI().toURL());
      addJars(places, new File(root, "lib"));
      String layers = System.getenv("_LAMBKIN_LAYERS");
      addJars(places, new File(layers == null ? "/opt/java/lib" : layers));
    }
    File runtime = new File(System.getProperty("java.class.path")).getAbsoluteFile();
    places.add(new File(runtime.getParentFile(), "interfaces.jar").toURI().toURL());
    return new URLClassLoader(places.toArray(new URL[0]), ClassLoader.getSystemClassLoader());
  }

  private static void addJars(List<URL> places, File directory) throws MalformedURLException {
    File[] jars = directory.listFiles((parent, name) -> name.endsWith(".jar"));
    if (jars == null) return;
    Arrays.sort(jars);
    for (File jar : jars) places.add(jar.toURI().toURL());
  }
}
