/** The library of a data folder, and how the data commands write numbers and times. */
import { join, resolve } from "node:path";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import { readTime, timeUnit } from "../../shared/market-data/cells.ts";
import { Library } from "../../shared/market-data/library.ts";
import type { Wanted } from "../data/imported.ts";
import { choiceOption } from "./options.ts";

/** Made when it is first written to. */
export const openLibrary = (data: string): Library => new Library(new FolderBlobs(blobsOf(data)));

export const blobsOf = (data: string): string => join(resolve(data), "blobs");

export const count = (value: number): string => value.toLocaleString("en");

/** `2024-08-08 23:54`, UTC. */
export const when = (ts: number): string => new Date(ts).toISOString().slice(0, 16).replace("T", " ");

export function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** A day, a moment or epoch ms; throws for anything else. */
export function timeOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const plain = /^\d{4}-\d\d$/.test(text) ? `${text}-01` : text;
  const unit = timeUnit(plain);
  const ts = unit === undefined ? Number.NaN : readTime(plain, unit);
  if (!Number.isFinite(ts)) throw new Error(`--${name} is a day such as 2024-08-01, not ${JSON.stringify(text)}.`);
  return ts;
}

export function instrumentWord(word: string): InstrumentId {
  const read = InstrumentId.safeParse(word);
  if (!read.success) throw new Error(`${JSON.stringify(word)} is no instrument such as FUT:BTCUSDT.`);
  return read.data;
}

/** `--market` and `--symbol`: what a file's path, name and content may not tell. */
export const ofFiles = ({ market, symbol }: { market?: string | undefined; symbol?: string | undefined }): Wanted => ({
  ...(market !== undefined && { market: choiceOption("market", market, Market.options) }),
  ...(symbol !== undefined && { symbol }),
});
