/** Downloads a range of history from Binance's public archive into the library, a few files at a time. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { marketOf, symbolOf } from "../../shared/domain/instrument.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Library, Series } from "../../shared/market-data/library.ts";
import { type Archive, archivesOf, type Span } from "./archive-paths.ts";
import { type Fetching, fetchChecksum, fetchFile, Unreachable } from "./fetch-file.ts";
import { importFile } from "./import.ts";
import { takenBefore, type Wanted } from "./imported.ts";

export interface DownloadOptions {
  library: Library;
  series: Series;
  span: Pick<Span, "from" | "to">;
  /** The archive's address, without a slash at its end. */
  host: string;
  /** Where files lie while they come. */
  folder: string;
  /** Files fetched at a time. */
  parallel: number;
  /** Files stay in the folder after they were taken. */
  keep: boolean;
  replace: boolean;
  clock: Pick<Clock, "now" | "sleep" | "after">;
  pauseMs?: number;
  onProgress?(progress: Progress): void;
}

export interface Progress {
  done: number;
  files: number;
  bytes: number;
}

export type Fate = "imported" | "known" | "missing" | "failed";
export interface Downloaded {
  /** Below the address. */
  path: string;
  fate: Fate;
  rows: number;
  problem?: string;
}

/** By path. Throws an Unreachable when nobody answers; any other trouble is one file's. */
export async function download(options: DownloadOptions): Promise<Downloaded[]> {
  const { series, span, clock, parallel } = options;
  const queue: Archive[] = archivesOf(series, { ...span, now: clock.now() });
  return new Download(options, queue).run(parallel);
}

class Download {
  private readonly options: DownloadOptions;
  private readonly queue: Archive[];
  private readonly results: Downloaded[] = [];
  private readonly progress: Progress;
  private taking: Promise<unknown> = Promise.resolve();
  private unreachable: Unreachable | undefined;

  constructor(options: DownloadOptions, queue: Archive[]) {
    this.options = options;
    this.queue = queue;
    this.progress = { done: 0, files: queue.length, bytes: 0 };
  }

  async run(parallel: number): Promise<Downloaded[]> {
    await Promise.all(Array.from({ length: parallel }, () => this.work()));
    if (this.unreachable !== undefined) throw this.unreachable;
    return this.results.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private async work(): Promise<void> {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      if (this.unreachable !== undefined) return;
      const result = await this.one(next).catch((error: unknown) => this.failure(next.path, error));
      if (result.fate === "missing" && next.instead.length > 0) {
        this.queue.unshift(...next.instead.map((path) => ({ path, instead: [] })));
        this.progress.files += next.instead.length - 1;
      } else {
        this.results.push(result);
        this.progress.done++;
      }
      this.options.onProgress?.(this.progress);
    }
  }

  private failure(path: string, error: unknown): Downloaded {
    if (error instanceof Unreachable) this.unreachable = error;
    return { path, fate: "failed", rows: 0, problem: (error as Error).message };
  }

  private async one({ path }: Archive): Promise<Downloaded> {
    const { host, folder, library, series, keep, replace, clock } = this.options;
    const url = `${host}/${path}`;
    const onBytes = (bytes: number): void => {
      this.progress.bytes += bytes;
      this.options.onProgress?.(this.progress);
    };
    const { pauseMs } = this.options;
    const fetching: Fetching = { clock, onBytes, ...(pauseMs !== undefined && { pauseMs }) };
    const sum = await fetchChecksum(url, fetching);
    if (sum === undefined) return { path, fate: "missing", rows: 0 };
    const source = { file: url, sha256: sum, imported_at: clock.now() };
    const known = replace ? undefined : await takenBefore(library, series, source);
    if (known !== undefined) return { path, fate: "known", rows: known.rows };
    const target = join(folder, path);
    await fetchFile(url, target, sum, fetching);
    const { rows } = await this.take(target, url);
    if (!keep) await rm(target, { force: true });
    return { path, fate: "imported", rows };
  }

  /** One after the other: they write the same manifest. */
  private take(target: string, origin: string): Promise<{ rows: number }> {
    const { library, series, replace, clock } = this.options;
    const wanted: Wanted = {
      market: marketOf(series.instrument),
      symbol: symbolOf(series.instrument),
      kind: series.kind,
      ...(series.interval !== undefined && { interval: series.interval }),
      replace,
    };
    const taken = this.taking.then(() => importFile(target, { library, wanted, now: clock.now(), origin }));
    this.taking = taken.catch(() => {});
    return taken;
  }
}
