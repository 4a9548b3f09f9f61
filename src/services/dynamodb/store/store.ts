import type { StoreDefinition } from "../../../storage/index.ts";
import { backgroundStep } from "./background.ts";
import {
  changeTable,
  changeTags,
  createTable,
  deleteTable,
  describeTable,
  listTables,
} from "./change-tables.ts";
import { query, scan } from "./pages.ts";
import { getItem, getItems } from "./read-items.ts";
import { migrations } from "./schema.ts";
import { batchWrite, deleteItem, putItem, updateItem } from "./write-items.ts";

/** What runs in the thread of the DynamoDB store. Requests are checked and their expressions parsed before. */
export const store = {
  name: "dynamodb",
  migrations,
  writes: {
    createTable,
    changeTable,
    deleteTable,
    changeTags,
    putItem,
    deleteItem,
    updateItem,
    batchWrite,
    backgroundStep,
  },
  reads: { describeTable, listTables, getItem, getItems, query, scan },
} as const satisfies StoreDefinition;

export type DynamoDbStoreDefinition = typeof store;
