/** Test files that take more than ten seconds, the longest first, as a whole run notes what each took. */
export const LONG: readonly string[] = [
  "test/scenarios/sdks.test.ts",
  "test/runtimes/nodejs-client-parity.test.ts",
  "test/runtimes/java-client-parity.test.ts",
  "test/scenarios/state.test.ts",
  "test/scenarios/package.test.ts",
  "test/conformance/lambda/tools.test.ts",
  "test/scenarios/aws-cli.test.ts",
  "test/scenarios/crash.test.ts",
  "test/environments/lifecycle.test.ts",
  "test/scenarios/runtimes.test.ts",
  "test/scenarios/command.test.ts",
  "test/conformance/lambda/durable-executions.test.ts",
  "test/scenarios/examples.test.ts",
  "test/scenarios/durable.test.ts",
  "test/scenarios/endings.test.ts",
  "test/runtimes/dotnet.test.ts",
  "test/scenarios/secure.test.ts",
  "test/environments/pool.test.ts",
  "test/scenarios/damage.test.ts",
  "test/scenarios/third-party.test.ts",
  "test/environments/extensions.test.ts",
  "test/scenarios/debugger.test.ts",
  "test/scenarios/operate.test.ts",
  "test/sandbox/spawner.test.ts",
  "test/runtimes/java.test.ts",
];

/** Puts the files in the order in which they leave no processor idle at the end: those that take long come first. */
export function longestFirst(files: readonly string[]): string[] {
  const rest = files.filter((file) => !LONG.includes(file)).sort();
  return [...LONG.filter((file) => files.includes(file)), ...rest];
}
