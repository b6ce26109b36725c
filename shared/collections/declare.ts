/** How a collection is declared, and how long records are kept. */
import type { Collection } from "../kit/ports.ts";

type Declared<T> = Omit<Collection<T>, "about" | "indexes" | "shardKey"> & {
  about: string;
  indexes?: string[][];
  shardKey?: string;
};
export const collection = <T>(c: Declared<T>): Collection<T> => ({ indexes: [], shardKey: "_key", ...c });

export const RECORDS_DAYS = 400;
export const SNAPSHOTS_DAYS = 120;
