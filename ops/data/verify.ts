/** Verifies the library: that every part is there, whole, in order and says of itself what is true; and where it has gaps. */
import { Unfit } from "../../shared/market-data/damage.ts";
import { periodName } from "../../shared/market-data/intervals.ts";
import { kindOf } from "../../shared/market-data/kinds.ts";
import {
  type Library,
  type Manifest,
  type Part,
  periodOf,
  seriesName,
  sha256,
  spanOf,
} from "../../shared/market-data/library.ts";
import type { Row } from "../../shared/market-data/rows.ts";
import { StoredRows } from "../../shared/market-data/stored-rows.ts";
import { countGap, missingRows } from "./part-writer.ts";

export interface Gap {
  /** The rows around it, epoch ms. */
  after: number;
  before: number;
  /** Bars, ids or payments that it lacks. */
  missing: number;
}

export interface Verdict {
  /** `FUT:BTCUSDT klines 1m` */
  series: string;
  rows: number;
  parts: number;
  bytes: number;
  first_ts: number;
  last_ts: number;
  /** All of them are counted, the first hundred are told. */
  gap_count: number;
  missing: number;
  gaps: Gap[];
  /** Each with the part that it is about. */
  problems: string[];
}

export interface Report {
  verdicts: Verdict[];
  /** Damaged manifests. */
  problems: string[];
  /** Files that no manifest names: an import that was killed left them. They count for nothing. */
  strays: { key: string; bytes: number }[];
}

const GAPS_TOLD = 100;

/** `only` takes the series whose name begins with it. */
export async function verifyLibrary(
  library: Library,
  { only = "", onProgress }: { only?: string; onProgress?(share: number, series: string): void } = {},
): Promise<Report> {
  const report: Report = { verdicts: [], problems: [], strays: [] };
  const manifests = await library.all((key, problem) => report.problems.push(`${key}: ${problem}`));
  const named = new Set(manifests.flatMap(({ parts }) => parts.map(({ key }) => key)));
  const chosen = manifests.filter((manifest) => `${seriesName(manifest)} `.startsWith(only === "" ? "" : `${only} `));
  const total = chosen.reduce((sum, { parts }) => sum + parts.length, 0);
  let done = 0;
  for (const manifest of chosen) {
    const onPart = (): void => onProgress?.(++done / total, seriesName(manifest));
    report.verdicts.push(await verifySeries(library, manifest, onPart));
  }
  for await (const { key, bytes } of library.keys()) {
    if (!named.has(key) && !key.endsWith("/manifest.json")) report.strays.push({ key, bytes });
  }
  return report;
}

/** What is known without reading the parts. */
export function overview(manifest: Manifest): Verdict {
  const { parts } = manifest;
  const verdict: Verdict = {
    series: seriesName(manifest),
    rows: 0,
    parts: parts.length,
    bytes: 0,
    first_ts: parts[0]?.first_ts ?? 0,
    last_ts: parts.at(-1)?.last_ts ?? 0,
    gap_count: 0,
    missing: 0,
    gaps: [],
    problems: [],
  };
  for (const [at, part] of parts.entries()) {
    verdict.rows += part.rows;
    verdict.bytes += part.bytes;
    verdict.gap_count += part.gaps;
    verdict.missing += part.missing;
    const before = parts[at - 1];
    if (before === undefined) continue;
    const missing = missingRows(manifest, endOf(before), { ts: part.first_ts, second: part.first_id ?? 0 });
    verdict.gap_count += missing > 0 ? 1 : 0;
    verdict.missing += missing;
  }
  return verdict;
}

const endOf = (part: Part): Omit<Row, "line"> => ({ ts: part.last_ts, second: part.last_id ?? 0 });

async function verifySeries(library: Library, manifest: Manifest, onPart: () => void): Promise<Verdict> {
  const verdict: Verdict = { ...overview(manifest), gap_count: 0, missing: 0 };
  let last: Row | undefined;
  for (const part of manifest.parts) {
    const take = (row: Row): void => {
      const missing = last === undefined ? 0 : missingRows(manifest, last, row);
      if (missing > 0) {
        verdict.gap_count++;
        verdict.missing += missing;
        if (verdict.gaps.length < GAPS_TOLD) verdict.gaps.push({ after: last?.ts ?? 0, before: row.ts, missing });
      }
      last = row;
    };
    const problem = await verifyPart(library, { manifest, part, after: last, take });
    if (problem !== undefined) verdict.problems.push(`${part.key}: ${problem}`);
    onPart();
  }
  return verdict;
}

interface PartCheck {
  manifest: Manifest;
  part: Part;
  /** The last row of the part before. */
  after: Row | undefined;
  take(row: Row): void;
}

async function verifyPart(library: Library, { manifest, part, after, take }: PartCheck): Promise<string | undefined> {
  const body = await library.blobs.get(part.key);
  if (body === undefined) return "It is gone; import it again";
  if (sha256(body) !== part.sha256) return "Its content is not what was written (checksum); import it again";
  const span = spanOf(manifest, part.first_ts);
  if (periodName(periodOf(manifest), span.start) !== part.period) return "It does not lie in its period";
  const seen = { ...part, rows: 0, gaps: 0, missing: 0 };
  let last: Row | undefined;
  try {
    const rows = await StoredRows.open(library, manifest, part);
    for (let row = await rows.peek(); row !== undefined; row = await rows.peek()) {
      rows.take();
      if (last === undefined && after !== undefined && kindOf(manifest.kind).idsCountOn && row.second <= after.second) {
        return `Its first id ${row.second} is not behind ${after.second} of the part before`;
      }
      if (row.ts < span.start || row.ts >= span.end) return `Row ${seen.rows + 1} does not lie in ${part.period}`;
      countGap(seen, manifest, last, row);
      seen.rows++;
      take(row);
      last = row;
    }
  } catch (error) {
    return error instanceof Unfit ? error.message : `It cannot be read: ${(error as Error).message}`;
  }
  const told = (["rows", "first_ts", "last_ts", "gaps", "missing"] as const).find((name) => seen[name] !== part[name]);
  return told === undefined ? undefined : `The manifest says ${told} ${part[told]}, it has ${seen[told]}`;
}
