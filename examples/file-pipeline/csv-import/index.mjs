// Imports orders from CSV files: every good line becomes a DynamoDB item, every bad one a line in the log.
import { batchWrite, getObject } from "./aws.mjs";

const TABLE = "orders";
const BATCH_ITEMS = 25;

export async function handler(event) {
  const files = [];
  for (const record of event.Records) {
    const bucket = record.s3.bucket.name;
    const key = decodeURIComponent(record.s3.object.key.replaceAll("+", " "));
    const [header = [], ...rows] = parseCsv(await getObject(bucket, key));
    const items = [];
    let rejected = 0;
    for (const [index, row] of rows.entries()) {
      const order = Object.fromEntries(header.map((name, column) => [name, row[column] ?? ""]));
      const problem = problemOf(order, header, row);
      if (problem === undefined) items.push(toItem(order, `${bucket}/${key}`));
      else {
        rejected += 1;
        console.warn(`${key} line ${index + 2}: ${problem}`);
      }
    }
    for (let at = 0; at < items.length; at += BATCH_ITEMS)
      await batchWrite(TABLE, items.slice(at, at + BATCH_ITEMS));
    console.log(`${key}: ${items.length} orders imported, ${rejected} lines rejected`);
    files.push({ key, imported: items.length, rejected });
  }
  return { files };
}

function problemOf(order, header, row) {
  if (row.length !== header.length) return `${row.length} fields instead of ${header.length}`;
  if (!/^[A-Z]{2}-\d{5}$/.test(order.order)) return `"${order.order}" is no order number`;
  if (!/^[1-9]\d*$/.test(order.quantity)) return `"${order.quantity}" is no quantity`;
  if (!/^\d+\.\d{2}$/.test(order.price)) return `"${order.price}" is no price`;
  if (Number.isNaN(Date.parse(order.date))) return `"${order.date}" is no date`;
  return undefined;
}

function toItem(order, source) {
  const cents = Math.round(Number(order.price) * 100) * Number(order.quantity);
  return {
    order: { S: order.order },
    customer: { S: order.customer },
    article: { S: order.article },
    quantity: { N: order.quantity },
    total: { N: (cents / 100).toFixed(2) },
    date: { S: order.date },
    source: { S: source },
  };
}

/** RFC 4180: quoted fields may hold commas, line ends and doubled quotes. */
function parseCsv(text) {
  const rows = [];
  let row = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    if (end === "" && row.length === 0 && quoted === undefined && plain === "") break;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    rows.push(row);
    row = [];
    if (end === "") break;
  }
  return rows;
}
