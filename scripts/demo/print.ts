const LABEL_WIDTH = 10;

export function heading(text: string): void {
  process.stdout.write(`\n${text}\n${"-".repeat(text.length)}\n`);
}

export function line(label: string, text: string): void {
  process.stdout.write(`${label.padEnd(LABEL_WIDTH)} ${text}\n`);
}
