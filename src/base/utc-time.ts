const FORM =
  /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?)?)?$/;

/**
 * A month, day or moment as ISO 8601 writes it, by its beginning, in epoch milliseconds; undefined if it is none. It is
 * UTC wherever it is read, unless it says its offset: `Date.parse` takes moments for local ones and lets days that a
 * month does not have run over.
 */
export function utcTime(text: string): number | undefined {
  const [, year, month, day = "01", time = "00:00", offset = "Z"] = FORM.exec(text) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day)) return undefined;
  const moment = Date.parse(`${year}-${month}-${day}T${time}${offset}`);
  return Number.isNaN(moment) ? undefined : moment;
}
