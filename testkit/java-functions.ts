import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

/** The package that Maven built: classes at its root, AWS's libraries in `lib`. */
export function javaPackage(): Record<string, Uint8Array> {
  const directory = process.env["LAMBKIN_TEST_JAVA_FUNCTIONS"];
  if (directory === undefined) throw new Error("start the tests with npm test");
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(path.join(directory, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(directory, name))]));
}
