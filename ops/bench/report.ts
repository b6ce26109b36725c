/** Prints benchmark results as a table, with the machine they come from. */
import { cpus, totalmem } from "node:os";
import type { Result } from "./measure.ts";

export const describeMachine = (): string =>
  `${cpus().length}× ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Bun ${Bun.version}`;

const number = (value: number): string => {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
};

export function table({ rows, ratios, notes, skipped }: Result): string {
  if (skipped !== undefined) return `  skipped: ${skipped}`;
  const cells = rows.map((row) => [row.what, ...[row.median, row.p99, row.min, row.max].map(number), row.unit]);
  const all = [["", "median", "p99", "min", "max", ""], ...cells];
  const widths = (all[0] as string[]).map((_, i) => Math.max(...all.map((line) => (line[i] as string).length)));
  const lines = all.map(
    (line) =>
      `  ${line.map((cell, i) => (i === 0 || i === 5 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ")}`,
  );
  for (const [name, ratio] of Object.entries(ratios)) lines.push(`  ratio ${name}: ${number(ratio)}`);
  return [...lines, ...notes.map((text) => `  ${text}`)].join("\n");
}
