/** A verb's answer as comma-separated text (RFC 4180), for spreadsheets: who asks for it, and how a cell is written. */

/** Which fields of each row are shown, in order. */
export interface Csv<O = never> {
  readonly columns: readonly string[];
  rows(answer: O): readonly object[];
}

/** The items of a list. */
export const itemsAsCsv = <T extends object>(
  ...columns: readonly (keyof T & string)[]
): Csv<{ items: readonly T[] }> => ({
  columns,
  rows: ({ items }) => items,
});

export const CSV_TYPE = "text/csv";

/** True for an `Accept` that names CSV and does not like JSON better; whoever takes anything gets JSON. */
export function wantsCsv(accept: string | null): boolean {
  const liking = (type: string): number => {
    const part = (accept ?? "").split(",").find((each) => each.split(";")[0]?.trim().toLowerCase() === type);
    if (part === undefined) return 0;
    const q = /;\s*q=([\d.]+)/i.exec(part)?.[1];
    return q === undefined ? 1 : Number(q);
  };
  const csv = liking(CSV_TYPE);
  return csv > 0 && csv >= liking("application/json");
}

const LINE_END = "\r\n";

/** A header line, then one line a row; every line ends with CRLF. */
export function csvText(columns: readonly string[], rows: readonly object[]): string {
  const lines = rows.map((row) => columns.map((name) => cell(name, (row as Record<string, unknown>)[name])).join(","));
  return [columns.map(quoted).join(","), ...lines].map((line) => line + LINE_END).join("");
}

/** Epoch milliseconds under the names that times have here. */
const TIME = /(^|_)(ts|at)$/;
const PLAIN_NUMBER = /^-?\d+(\.\d+)?$/;
/** What makes a spreadsheet take a text for a formula. Source: OWASP, "CSV Injection". */
const FORMULA = /^[=+\-@\t\r\n]/;

function cell(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number" && TIME.test(name)) return new Date(value).toISOString();
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return quoted(FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text);
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** As a download; a page that is not the last one names the next one's cursor in a header. */
export function csvResponse(csv: Csv, answer: unknown, path: string): Response {
  const headers = new Headers({
    "content-type": `${CSV_TYPE}; charset=utf-8; header=present`,
    "content-disposition": `attachment; filename="${path.split("/").at(-1)}.csv"`,
    vary: "accept",
  });
  const { next_cursor } = answer as { next_cursor?: string };
  if (next_cursor !== undefined) headers.set("chimera-next-cursor", next_cursor);
  return new Response(csvText(csv.columns, csv.rows(answer as never)), { headers });
}
