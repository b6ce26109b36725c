/** The library: history of markets in Blobs, one manifest for each instrument and kind, which alone says what is there. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { type InstrumentId, instrumentOf, type Market } from "../domain/instrument.ts";
import { MARKET_DATA } from "../keys.ts";
import type { BlobInfo, Blobs } from "../kit/ports.ts";
import { endOf, startOf } from "./intervals.ts";
import { type KindName, kindOf, type Period } from "./kinds.ts";

/** Candles are told apart by their interval too. */
export interface Series {
  readonly instrument: InstrumentId;
  readonly kind: KindName;
  readonly interval?: string;
}

/** Where a part's rows came from. */
export interface Source {
  file: string;
  /** Of the file as it was read. */
  sha256: string;
  imported_at: number;
}

export interface Part {
  /** `2024-08`, `2024-08-09` or `2024-08-09-23` (UTC). */
  period: string;
  /** Where it lies in Blobs: gzip, CSV with a header or recorded lines. */
  key: string;
  rows: number;
  /** Of its first and last row, epoch ms. */
  first_ts: number;
  last_ts: number;
  first_id?: number;
  last_id?: number;
  /** Breaks within the part, and the bars or ids that they lack. */
  gaps: number;
  missing: number;
  bytes: number;
  sha256: string;
  sources: Source[];
}

export interface Manifest extends Series {
  version: 1;
  /** By period, in their order. */
  parts: Part[];
}

const MANIFEST = "manifest.json";
const PAGE = 1_000;

export const seriesName = ({ instrument, kind, interval }: Series): string =>
  `${instrument} ${kind}${interval === undefined ? "" : ` ${interval}`}`;

export const periodOf = ({ kind, interval }: Series): Period =>
  // A second's candles are as many as trades.
  interval === "1s" ? "day" : kindOf(kind).period;

export class Library {
  readonly blobs: Blobs;

  constructor(blobs: Blobs) {
    this.blobs = blobs;
  }

  /** An empty one where there is nothing yet; throws when it is damaged. */
  async manifest(series: Series): Promise<Manifest> {
    const body = await this.blobs.get(`${folderOf(series)}${MANIFEST}`);
    const { instrument, kind, interval } = series;
    if (body === undefined) {
      return { version: 1, instrument, kind, ...(interval !== undefined && { interval }), parts: [] };
    }
    return readManifest(folderOf(series), body);
  }

  /** From here on the parts are there, and those that it no longer names are gone. */
  async save(manifest: Manifest): Promise<void> {
    const before = await this.manifest(manifest);
    manifest.parts.sort((a, b) => (a.period < b.period ? -1 : 1));
    const body = new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`);
    await this.blobs.put(`${folderOf(manifest)}${MANIFEST}`, body);
    const kept = new Set(manifest.parts.map(({ key }) => key));
    for (const { key } of before.parts) if (!kept.has(key)) await this.blobs.delete(key);
  }

  /** Every manifest, by name; damaged ones are given to `onDamage`. */
  async all(onDamage: (key: string, problem: string) => void): Promise<Manifest[]> {
    const manifests: Manifest[] = [];
    for await (const { key } of this.keys()) {
      if (!key.endsWith(`/${MANIFEST}`)) continue;
      const body = await this.blobs.get(key);
      try {
        if (body !== undefined) manifests.push(readManifest(key.slice(0, -MANIFEST.length), body));
      } catch (error) {
        onDamage(key, (error as Error).message);
      }
    }
    return manifests;
  }

  async *keys(): AsyncGenerator<BlobInfo> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.blobs.list(MARKET_DATA, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
      yield* page.items;
      cursor = page.next_cursor;
      if (cursor === undefined) return;
    }
  }
}

/** `market/fut-btcusdt/klines-1m/` */
export function folderOf({ instrument, kind, interval }: Series): string {
  const name = instrument.replace(":", "-").toLowerCase();
  return `${MARKET_DATA}${name}/${kind}${interval === undefined ? "" : `-${interval}`}/`;
}

function readManifest(folder: string, body: Uint8Array): Manifest {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new Error(`${folder}${MANIFEST} is damaged: no JSON. Remove it and import again.`);
  }
  const isOurs = manifest?.version === 1 && Array.isArray(manifest.parts) && folderOf(manifest) === folder;
  if (!isOurs) throw new Error(`${folder}${MANIFEST} is damaged, or of a later version. Remove it and import again.`);
  return manifest;
}

/** Which parts hold rows of `[from, to)`, epoch ms. */
export function partsBetween(
  manifest: Manifest,
  from = Number.NEGATIVE_INFINITY,
  to = Number.POSITIVE_INFINITY,
): Part[] {
  return manifest.parts.filter(({ first_ts, last_ts }) => last_ts >= from && first_ts < to);
}

/** The rows of a part's body, header and all, many at a time. Throws when it breaks off. */
export async function* unpack(body: Uint8Array): AsyncGenerator<string[]> {
  const chunks = Readable.from(slices(body)).pipe(createGunzip({ chunkSize: SLICE_BYTES }));
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
    rest = lines.pop() as string;
    if (lines.length > 0) yield lines;
  }
  if (rest !== "") throw new Error("The last row has no end");
}

const SLICE_BYTES = 256 * 1024;
function* slices(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += SLICE_BYTES) yield body.subarray(at, at + SLICE_BYTES);
}

export const sha256 = (body: Uint8Array): string => createHash("sha256").update(body).digest("hex");

/** Start and end (not included) of the part that a time falls in. */
export function spanOf(series: Series, ts: number): { start: number; end: number } {
  const period = periodOf(series);
  const start = startOf(period, ts);
  return { start, end: endOf(period, start) };
}

/** `FUT` and `BTCUSDT` as an instrument; throws for what is none. */
export function instrumentFrom(market: Market, symbol: string): InstrumentId {
  const name = symbol.toUpperCase();
  if (!/^[A-Z0-9]{2,24}$/.test(name)) throw new Error(`${JSON.stringify(symbol)} is no symbol such as BTCUSDT.`);
  return instrumentOf(market, name);
}
