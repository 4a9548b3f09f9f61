/** Makes the thread of a store crash; argument: the database file. */
import { openStore } from "../../../src/storage/index.ts";
import type { store as accounts } from "../stores/accounts.ts";

const module = new URL("../stores/accounts.ts", import.meta.url);
const store = await openStore<typeof accounts>({ module, file: process.argv[2] ?? "" });
await store.write("crash", undefined);
setTimeout(() => process.exit(7), 100_000);
