/** Dates as Signature Version 4 writes them, `20260102T030405Z`; epoch milliseconds, or undefined for another form. */
export function parseAmzDate(text: string): number | undefined {
  // Requests of the same second have the same.
  if (text !== lastText) [lastText, lastTime] = [text, readAmzDate(text)];
  return lastTime;
}

let lastText = "";
let lastTime: number | undefined;

function readAmzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

export function formatAmzDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
}
