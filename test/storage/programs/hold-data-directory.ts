/** Opens a data directory, says what came of it and keeps it until standard input ends; argument: the options. */
import { openDataDirectory } from "../../../src/storage/index.ts";

type Options = Parameters<typeof openDataDirectory>[0];

try {
  const directory = await openDataDirectory(JSON.parse(process.argv[2] ?? "{}") as Options);
  console.log(`open ${directory.path}`);
  process.stdin.on("end", () => void directory.close()).resume();
} catch (error) {
  console.log(`refused ${(error as Error).message}`);
}
