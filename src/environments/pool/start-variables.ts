/**
 * Variables that the loader, libc, OpenSSL, an interpreter or its standard library read once, when a process starts.
 * https://man7.org/linux/man-pages/man8/ld.so.8.html, https://nodejs.org/api/cli.html#environment-variables,
 * https://docs.python.org/3/using/cmdline.html#environment-variables, https://docs.ruby-lang.org/en/3.4/ruby/options_md.html,
 * https://guides.rubygems.org/command-reference/,
 * https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#using-the-jdk_java_options-launcher-environment-variable
 */
const READ_AT_START =
  /^(LD_|GLIBC_|MALLOC_|LC_|NODE_|UV_|V8_|ICU_|OPENSSL_|SSL_CERT_|PYTHON|RUBY|GEM_|BUNDLE_|_?JAVA_|JDK_|TZ|LANG(UAGE)?$|LOCPATH$|NLSPATH$|GCONV_PATH$|RES_OPTIONS$|LOCALDOMAIN$|HOME$|AWS_LAMBDA_EXEC_WRAPPER$)/;

/** By convention the application's own, and read by no interpreter. */
const NOT_READ = new Set(["NODE_ENV"]);

type Variables = Readonly<Record<string, string>>;

/**
 * The first variable by which a process started with `variables` would differ from one that was started with
 * `pooled` and got the rest later; undefined if there is none.
 */
export function readAtStart(variables: Variables, pooled: Variables): string | undefined {
  const names = new Set([...Object.keys(variables), ...Object.keys(pooled)]);
  for (const name of names) {
    if (READ_AT_START.test(name) && !NOT_READ.has(name) && variables[name] !== pooled[name]) return name;
  }
  return undefined;
}
