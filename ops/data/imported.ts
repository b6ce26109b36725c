/** What importing is told and what it tells: the caller's words about a file, and what became of it. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { KindName } from "../../shared/market-data/kinds.ts";
import type { Library, Part, Series, Source } from "../../shared/market-data/library.ts";

/** What the caller says of a file; the rest is taken from its name and content. */
export interface Wanted {
  market?: Market;
  symbol?: string;
  kind?: KindName;
  interval?: string;
  /** Rows that differ from those in the library take their place. */
  replace?: boolean;
}

export interface Taking {
  library: Library;
  wanted: Wanted;
  source: Source;
}

export interface Imported extends Series {
  file: string;
  sha256: string;
  rows: number;
  /** Rows that the library had. */
  known: number;
  /** Epoch ms of the first and last row. */
  first_ts: number;
  last_ts: number;
  /** Written by this import. */
  parts: number;
  /** The same file was taken before, and nothing was done. */
  is_repeat: boolean;
}

/** What a file became that was taken before; undefined when it was not. */
export async function takenBefore(library: Library, series: Series, source: Source): Promise<Imported | undefined> {
  const { parts } = await library.manifest(series);
  const taken = parts.filter(({ sources }) => sources.some(({ sha256 }) => sha256 === source.sha256));
  if (taken.length === 0) return undefined;
  const most = (of: (part: Part) => number, pick: (...values: number[]) => number): number => pick(...taken.map(of));
  const rows = taken.reduce((sum, part) => sum + part.rows, 0);
  return {
    ...series,
    file: source.file,
    sha256: source.sha256,
    rows,
    known: rows,
    first_ts: most(({ first_ts }) => first_ts, Math.min),
    last_ts: most(({ last_ts }) => last_ts, Math.max),
    parts: 0,
    is_repeat: true,
  };
}
