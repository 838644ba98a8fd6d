import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs command-line programs one after another in one JVM: a start of its own costs each of them a second. Arguments: jars of
 * which every program gets classes of its own, because they keep state in static fields; all else is on the class path.
 * A request is a line of base64 words: main class, standard input, arguments. The answer: exit code, output as base64.
 */
public final class ToolHost {
  /** Instead of the end of the JVM. A program may catch it, and may then say another code: the first one counts. */
  private static final class Ended extends Error {
    Ended() {
      super("", null, false, false);
    }

    @Override
    public void printStackTrace(PrintStream stream) {}
  }

  private final URL[] jars;
  /** One for all runs: Scala's library keeps the first standard output that it sees. */
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final List<Runnable> hooks = new ArrayList<>();
  private Integer exitCode;

  private ToolHost(URL[] jars) {
    this.jars = jars;
  }

  public static void main(String[] args) throws Exception {
    URL[] jars = new URL[args.length];
    for (int index = 0; index < args.length; index++) jars[index] = Path.of(args[index]).toUri().toURL();
    ToolHost host = new ToolHost(jars);
    Exit.setExitProcedure((code, message) -> host.end(code));
    Exit.setHaltProcedure((code, message) -> host.end(code));
    Exit.setShutdownHookAdder((name, hook) -> host.hooks.add(hook));
    PrintStream answers = System.out;
    PrintStream out = new PrintStream(host.output, true, StandardCharsets.UTF_8);
    System.setOut(out);
    System.setErr(out);
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String[] words = line.split(" ", -1);
      String[] decoded = new String[words.length];
      for (int index = 0; index < words.length; index++) {
        decoded[index] = new String(Base64.getDecoder().decode(words[index]), StandardCharsets.UTF_8);
      }
      int code = host.run(decoded);
      answers.println(code + " " + Base64.getEncoder().encodeToString(host.output.toByteArray()));
      answers.flush();
    }
    // Clients that a failed program left open must not keep the JVM.
    Runtime.getRuntime().halt(0);
  }

  private int run(String[] words) throws Exception {
    output.reset();
    hooks.clear();
    exitCode = null;
    System.setIn(new ByteArrayInputStream(words[1].getBytes(StandardCharsets.UTF_8)));
    try (URLClassLoader loader = new URLClassLoader(jars, ToolHost.class.getClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      Method main = loader.loadClass(words[0]).getMethod("main", String[].class);
      int code = call(main, Arrays.copyOfRange(words, 2, words.length));
      for (Runnable hook : hooks) hook.run();
      return exitCode == null ? code : exitCode;
    }
  }

  private void end(int code) {
    if (exitCode == null) exitCode = code;
    throw new Ended();
  }

  private static int call(Method main, String[] args) throws IllegalAccessException {
    try {
      main.invoke(null, (Object) args);
      return 0;
    } catch (InvocationTargetException failure) {
      failure.getCause().printStackTrace();
      return 1;
    }
  }
}
