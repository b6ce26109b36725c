/** Binance's public archive: which of its files hold a range of an instrument's history, and where they lie. */
import { marketOf, symbolOf } from "../../shared/domain/instrument.ts";
import { endOf, periodName, startOf } from "../../shared/market-data/intervals.ts";
import type { KindName } from "../../shared/market-data/kinds.ts";
import type { Series } from "../../shared/market-data/library.ts";

/** Where they are published; another address can be a mirror of it. */
export const ARCHIVE_URL = "https://data.binance.vision";

type Sized = "daily" | "monthly";

/** What is published for spot, and in which sizes for futures. */
const SPOT_KINDS: readonly KindName[] = ["klines", "trades", "aggTrades"];
const MONTHLY_ONLY: readonly KindName[] = ["fundingRate"];
const DAILY_ONLY: readonly KindName[] = ["bookDepth"];
const LONG_INTERVALS = ["3d", "1w", "1mo"];

export interface Archive {
  /** Below the address. */
  path: string;
  /** Files that hold the same, to be taken where this one is not there. */
  instead: string[];
}

export interface Span {
  /** Epoch ms, from including and to excluding. */
  from: number;
  to: number;
  /** A day and a month are published when they are over. */
  now: number;
}

/** In order of time. Throws an Error for a kind that is not published. */
export function archivesOf(series: Series, { from, to, now }: Span): Archive[] {
  const { kind, interval } = series;
  if (kind === "lines") throw new Error("Recorded lines are in no archive; ./chimera up records them.");
  if (marketOf(series.instrument) === "SPOT" && !SPOT_KINDS.includes(kind)) {
    throw new Error(`There is no ${kind} of spot; there are ${SPOT_KINDS.join(", ")}.`);
  }
  const monthlyOnly = MONTHLY_ONLY.includes(kind) || LONG_INTERVALS.includes(interval ?? "");
  const archives: Archive[] = [];
  for (let month = startOf("month", from); month < to; month = endOf("month", month)) {
    const end = endOf("month", month);
    const isOver = end <= now;
    const days = monthlyOnly ? [] : daysOf(series, { from: Math.max(from, month), to: Math.min(to, end), now });
    const isWhole = from <= month && end <= to;
    if (isOver && (monthlyOnly || (isWhole && !DAILY_ONLY.includes(kind)))) {
      archives.push({ path: pathOf(series, "monthly", month), instead: days });
    } else archives.push(...days.map((path) => ({ path, instead: [] })));
  }
  return archives;
}

function daysOf(series: Series, { from, to, now }: Span): string[] {
  const paths: string[] = [];
  for (let day = startOf("day", from); day < to && endOf("day", day) <= now; day = endOf("day", day)) {
    paths.push(pathOf(series, "daily", day));
  }
  return paths;
}

function pathOf({ instrument, kind, interval }: Series, size: Sized, start: number): string {
  const root = marketOf(instrument) === "SPOT" ? "spot" : "futures/um";
  const symbol = symbolOf(instrument);
  const stamp = periodName(size === "daily" ? "day" : "month", start);
  const folder = interval === undefined ? "" : `${interval}/`;
  return `data/${root}/${size}/${kind}/${symbol}/${folder}${symbol}-${interval ?? kind}-${stamp}.zip`;
}
