/** Rows that are there and rows that come, made one: equal ones count once, and what one lacks the other may have. */
import { Unfit } from "../../shared/market-data/damage.ts";
import { kindOf } from "../../shared/market-data/kinds.ts";
import type { Series } from "../../shared/market-data/library.ts";
import { moment, type Row } from "../../shared/market-data/rows.ts";

interface Terms {
  series: Series;
  replace: boolean;
}

/** Whether the old row comes "earlier" or "later" than the new one, or the row that both become. */
export function mergeRow(old: Row, row: Row, { series, replace }: Terms): Row | "earlier" | "later" {
  const { idsCountOn } = kindOf(series.kind);
  // Recorded lines of one moment are different ones.
  if (series.kind === "lines") return old.ts <= row.ts ? "earlier" : "later";
  const isSame = idsCountOn ? old.second === row.second : old.ts === row.ts && old.second === row.second;
  if (!isSame) return old.ts < row.ts || (old.ts === row.ts && old.second < row.second) ? "earlier" : "later";
  if (old.line === row.line) return row;
  const ours = old.line.split(",");
  const theirs = row.line.split(",");
  const filled = ours.map((cell, at) => (theirs[at] === "" ? cell : (theirs[at] as string)));
  const differs = ours.findIndex((cell, at) => cell !== "" && cell !== filled[at]);
  if (differs >= 0 && !replace) {
    const { name } = kindOf(series.kind).columns[differs] as { name: string };
    throw new Unfit(
      `${moment(row.ts)} is there with another ${name} (${ours[differs]}, here ${theirs[differs]}); --replace takes this file's`,
    );
  }
  return { ...row, line: filled.join(",") };
}
