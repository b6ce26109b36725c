/** The streams that the Bus contract works with, and what it needs of an adapter. */
import { z } from "@hono/zod-openapi";
import type { Bus, Stream } from "../kit/ports.ts";

const Note = z.object({ id: z.string(), list: z.array(z.number()).optional() });
export type Note = z.output<typeof Note>;

const stream = (family: string, rest: Partial<Stream<Note>>): Stream<Note> => ({
  family,
  from: "all",
  heardBy: ["s04", "s06"],
  keyed: true,
  mode: "reliable",
  version: 1,
  lengthMax: 10_000,
  event: Note,
  ...rest,
});
export const lossy = stream("test:lossy", { mode: "lossy" });
export const reliable = stream("test:reliable", {});
/** Without keys, and short. */
export const single = stream("test:single", { keyed: false, lengthMax: 100 });

export interface BusWorld {
  /** With tries after 200, 600 and 1800 ms, four in all, and events frozen. */
  bus: Bus;
  /** Lets time go on until the condition holds; fails when it never does. */
  until(holds: () => boolean): Promise<void>;
  now(): number;
  /** What the adapter reported. */
  dead: { stream: string; group: string; id: string; reason: string }[];
  nearlyFull: string[];
  errors: unknown[];
  /**
   * Ends the bus as a crash would, nothing being finished or noted, puts what is given into the stream as its next
   * entry, and starts a new one as `bus` over the same data. Missing where nothing outlives the process.
   */
  crash?(inject?: { stream: string; version: number; body: string }): Promise<void>;
  end(): Promise<void>;
}

export interface Now {
  world: BusWorld;
}

export const hostileKeys = [
  "FUT:BTCUSDT",
  "a}b{c",
  "x'; DROP TABLE log; --",
  "ünï-鍵-🔑",
  "*?[a]%_",
  "line\nbreak",
  "__proto__",
  " ",
];
