/** Opening files of raw Binance lines on the disk as one recording. */
import { statSync } from "node:fs";
import { basename } from "node:path";
import { refuse } from "../../shared/errors.ts";
import {
  type RecordedFile,
  type Recording,
  type RecordingOptions,
  readRecording,
} from "../../shared/market-data/recording.ts";
import { LineReader } from "./recorded-file.ts";

/**
 * Opens files (plain or gzip, any order, any number a symbol) and reads ahead to learn their markets and clocks.
 * Throws a Problem INVALID for a file that cannot be opened or when none holds a market.
 */
export async function openRecording(files: readonly string[], options: RecordingOptions): Promise<Recording> {
  return readRecording(files.map(recordedFile), options);
}

/** Throws a Problem INVALID, now or when it is opened, for one that cannot be read. */
export function recordedFile(path: string): RecordedFile {
  const { size } = orRefuse(path, () => statSync(path));
  return { name: basename(path), bytes: size, open: (report) => orRefuse(path, () => new LineReader(path, report)) };
}

function orRefuse<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    refuse("INVALID", `Cannot open ${path}: ${(error as Error).message}`);
  }
}
