/** Commands answer on standard output and complain on standard error. */
export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Columns padded to their widest cell; `right` names the columns that hold numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Small amounts need more than cents. */
export function money(amount: number, currency: string): string {
  const text = amount.toFixed(amount !== 0 && Math.abs(amount) < 0.01 ? 10 : 2);
  return currency === "USD" ? `$${text}` : `${text} ${currency}`;
}
