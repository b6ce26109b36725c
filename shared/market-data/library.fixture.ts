/** Puts rows into a library as an import would, but with whatever is wrong with them. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { headerOf, kindOf } from "./kinds.ts";
import { folderOf, type Library, type Series, sha256 } from "./library.ts";

const compress = promisify(gzip);

/** Lines without the header; times are read from the first cell of those that have one. Answers the part's key. */
export async function storeRows(library: Library, series: Series, lines: readonly string[]): Promise<string> {
  const isLines = series.kind === "lines";
  const key = `${folderOf(series)}all${isLines ? "" : ".csv"}.gz`;
  const text = (isLines ? lines : [headerOf(kindOf(series.kind)), ...lines]).map((line) => `${line}\n`).join("");
  const body = new Uint8Array(await compress(text));
  const times = lines
    .map((line) => (isLines ? Number(line.slice(0, 13)) : Number(line.split(",")[0])))
    .filter((ts) => Number.isFinite(ts));
  await library.blobs.put(key, body);
  await library.save({
    ...series,
    version: 1,
    parts: [
      {
        ...{ period: "all", key, rows: lines.length, first_ts: Math.min(...times), last_ts: Math.max(...times) },
        ...{ gaps: 0, missing: 0, bytes: body.length, sha256: sha256(body), sources: [] },
      },
    ],
  });
  return key;
}

/** A candle of the library's columns. */
export const candle = (ts: number, prices: string, volume = "1"): string =>
  `${ts},${prices.split(" ").join(",")},${volume},${volume === "" ? "" : Number(volume) * 100},${volume === "0" ? 0 : 7},,`;
