package lambkin.runtime;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;

/** What a process does that was started before it is known which function it is to serve. */
final class Assignment {
  private static final String WAIT = "_LAMBKIN_WAIT=";
  private static final String ADDRESS = "AWS_LAMBDA_RUNTIME_API=";

  private Assignment() {}

  /**
   * The address of the Runtime API if the process is to wait, else null. Java must not be asked for its variables, because
   * it keeps those that it finds then.
   */
  static String addressToWaitAt() {
    String variables;
    try {
      variables = new String(Files.readAllBytes(Paths.get("/proc/self/environ")), StandardCharsets.ISO_8859_1);
    } catch (IOException elsewhere) {
      return null;
    }
    if (!variables.startsWith(WAIT) && !variables.contains("\0" + WAIT)) return null;
    for (String variable : variables.split("\0"))
      if (variable.startsWith(ADDRESS)) return variable.substring(ADDRESS.length());
    return null;
  }

  /** Waits to be told which function to serve, and takes on the variables and directory of a start for it. */
  static void await(RuntimeClient client) throws Exception {
    File jar = new File(System.getProperty("java.class.path")).getAbsoluteFile();
    System.load(new File(jar.getParentFile(), "assignment.so").getPath());
    Training.exercise();
    int error = take(client.assignment().body);
    if (error != 0) throw new IOException("the assignment could not be taken: " + error);
  }

  private static native int take(byte[] assignment);
}
