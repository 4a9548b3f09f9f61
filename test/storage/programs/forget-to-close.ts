/** Writes to a store and leaves it open; argument: the database file. */
import { openStore } from "../../../src/storage/index.ts";
import type { store as accounts } from "../stores/accounts.ts";

const module = new URL("../stores/accounts.ts", import.meta.url);
const store = await openStore<typeof accounts>({ module, file: process.argv[2] ?? "" });
await store.write("open", { name: "a", balance: 1 });
console.log("written");
