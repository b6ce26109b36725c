/** The collections, stream and operations that the Store contract works with. */
import { z } from "@hono/zod-openapi";
import { emit } from "../changes.ts";
import type { Collection, Op, ServiceId, Store, Stream } from "../kit/ports.ts";

const Note = z.object({
  id: z.string(),
  state: z.string().optional(),
  rank: z.number().nullish(),
  flag: z.boolean().optional(),
  text: z.string().optional(),
  ts: z.number().optional(),
});
export type Note = z.output<typeof Note>;

/** Two owners: S4 with two collections, S6 with one whose documents come from S4's. */
export const notes: Collection<Note> = {
  name: "notes",
  owner: "s04",
  schema: Note,
  key: (note) => note.id,
  indexes: [["state", "rank"], ["rank"], ["ts"]],
  shardKey: "_key",
  retentionDays: 10,
  retentionField: "ts",
  search: ["text", "state"],
};
export const plainNotes: Collection<Note> = {
  name: "plain_notes",
  owner: "s04",
  schema: Note,
  key: (note) => note.id,
  indexes: [],
  shardKey: "_key",
};
export const results: Collection<Note> = { ...plainNotes, name: "results", owner: "s06" };
/** Its owner never runs. */
export const strangers: Collection<Note> = { ...notes, name: "strangers", owner: "s07" };
export const COLLECTIONS = [notes, plainNotes, results, strangers] as unknown as readonly Collection<never>[];

export const told: Stream<{ id: string }> = {
  family: "test:told",
  from: ["s04"],
  heardBy: "all",
  keyed: true,
  mode: "reliable",
  version: 1,
  lengthMax: 1_000,
  event: z.object({ id: z.string() }),
};

/** Counted: what is emitted on it gets its owner and number from the store. */
export const counted: Stream<{ id: string }> = { ...told, family: "test:counted", keyed: false, numbered: true };

/** Stores of several owners over one set of data. */
export interface StoreWorld {
  open(owner: ServiceId): Promise<Store>;
  /** Ends the owner's store and opens it again over the same data. */
  reopen(owner: ServiceId): Promise<Store>;
  /** Ends all, data included. */
  end(): Promise<void>;
}

export const tell = (event: { id: string }, key = "FUT:BTCUSDT"): Op => emit(told, event, key);
export const conflict = { code: "CONFLICT" };

/** Keys and texts that mean something to one language or another. */
export const HOSTILE = [
  "a/b:c d",
  "x'; DROP TABLE c_notes; --",
  '"}, {"$gt": ""}',
  "ünï-код-鍵-🔑",
  "%_*?[a]",
  "line\nbreak\ttab",
  "__proto__",
  "constructor",
  "@@doc",
  "-0",
];

export interface World {
  world: StoreWorld;
  s04: Store;
  s06: Store;
}
