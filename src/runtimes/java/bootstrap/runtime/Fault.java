package lambkin.runtime;

import java.io.IOError;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What callers and the log get to know of an error. As an exception: one that the runtime found itself. */
final class Fault extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final String RUNTIME = "lambkin.runtime.";

  private final transient Throwable error;
  private final boolean found;
  private final boolean standing;

  /** An error of which callers see this text and the class of `error`. */
  Fault(String message, Throwable error) {
    this(message, error, true, false);
  }

  /** What is wrong with a function as a whole: every invocation ends with it. `error` may be null. */
  static Fault ofFunction(String message, Throwable error) {
    return new Fault(message, error, true, true);
  }

  private Fault(String message, Throwable error, boolean found, boolean standing) {
    super(message, null, false, false);
    this.error = error;
    this.found = found;
    this.standing = standing;
  }

  static Fault of(Throwable error) {
    if (error instanceof Fault) return (Fault) error;
    String message = error.getLocalizedMessage();
    cutStack(error);
    return new Fault(message == null ? error.getClass().getName() : message, error, false, false);
  }

  /** Value of Lambda-Runtime-Function-Error-Type. */
  String header() {
    return found ? "Runtime.BadFunctionCode" : "Runtime.UserException";
  }

  /** Whether the process can't be trusted any more. */
  boolean isFatal() {
    return error instanceof VirtualMachineError || error instanceof IOError;
  }

  boolean isStanding() {
    return standing;
  }

  /** As callers see it. What goes wrong before the first invocation shows no frames. */
  byte[] document(boolean withFrames) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("errorMessage", getMessage());
    if (error != null) {
      members.put("errorType", error.getClass().getName());
      List<String> frames = new ArrayList<>();
      if (!found) for (StackTraceElement frame : error.getStackTrace()) frames.add(frame.toString());
      if (withFrames && !standing) members.put("stackTrace", frames);
    }
    try {
      return Writer.write(members).getBytes(StandardCharsets.UTF_8);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the log shows it. */
  String text() {
    if (error == null) return getMessage() + "\n";
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace, true));
    return getMessage() + ": " + error.getClass().getName() + "\n" + trace + "\n";
  }

  /** Leaves the function's own frames, down to where the runtime called it. */
  private static void cutStack(Throwable error) {
    StackTraceElement[] frames = error.getStackTrace();
    int end = 0;
    while (end < frames.length && !frames[end].getClassName().startsWith(RUNTIME)) end++;
    while (end > 0 && isReflection(frames[end - 1].getClassName())) end--;
    error.setStackTrace(java.util.Arrays.copyOf(frames, end));
    if (error.getCause() != null) cutStack(error.getCause());
    for (Throwable suppressed : error.getSuppressed()) cutStack(suppressed);
  }

  private static boolean isReflection(String name) {
    return name.startsWith("java.lang.reflect.")
        || name.startsWith("jdk.internal.reflect.")
        || name.startsWith("sun.reflect.")
        || name.startsWith("java.lang.invoke.");
  }
}
