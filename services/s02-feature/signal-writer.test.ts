import { expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { signalsSeen } from "../../shared/collections/signals.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { SignalWriter } from "./signal-writer.ts";
import { readSignals } from "./signals.ts";
import { SignalsRequest } from "./types.ts";

const START_TS = 1_700_000_000_000;
const signal = (at: number, more: Partial<Signal> = {}): Signal => ({
  signal_id: `s${at}`,
  account: "main",
  strategy_id: "bars",
  instrument: "FUT:BTCUSDT",
  trigger: { kind: "bar", what: "1s", exch_ts: START_TS + at },
  features: {
    instrument: "FUT:BTCUSDT",
    ts: START_TS + at,
    exch_ts: START_TS + at,
    values: { mid: 100, regime: null },
    stale: false,
    quality: [],
    config_rev: 1,
  },
  ts: START_TS + at,
  config_rev: 1,
  ...more,
});

function world() {
  const clock = new VirtualClock(START_TS);
  const store = openStore({ path: ":memory:", owner: "s02", collections: COLLECTIONS, now: () => clock.now() });
  const batches: number[] = [];
  const failures: number[] = [];
  let broken = false;
  const commit = async (ops: readonly Op[]) => {
    if (broken) throw new Error("disk full");
    batches.push(ops.length);
    await store.commit(ops);
  };
  const failed = (_: unknown, lost: number) => void failures.push(lost);
  const writer = new SignalWriter({ store: { commit }, clock, flushMs: 20, failed });
  const setBroken = (is: boolean) => {
    broken = is;
  };
  const read = (request: object = {}) => readSignals(store, SignalsRequest.parse(request));
  return { clock, store, writer, batches, failures, setBroken, read };
}

test("signals of twenty milliseconds are one commit, and what was stored is what was given", async () => {
  const { clock, writer, batches, read } = world();
  for (const at of [1, 2, 3]) writer.add(signal(at));
  expect((await read()).items).toEqual([]);
  await clock.run(START_TS + 20);
  expect(batches).toEqual([3]);
  expect((await read()).items).toEqual([signal(3), signal(2), signal(1)]);
});

test("a failing store keeps them waiting, in order, and is tried again", async () => {
  const { clock, writer, batches, failures, setBroken, store } = world();
  setBroken(true);
  writer.add(signal(1));
  await clock.run(START_TS + 500);
  writer.add(signal(2));
  expect(failures).toEqual([0]);
  setBroken(false);
  await clock.run(START_TS + 2_000);
  expect(batches).toEqual([2]);
  expect(await store.count(signalsSeen)).toBe(2);
});

test("what would wait without bound is given up, oldest first, and said", async () => {
  const { writer, failures, setBroken, store } = world();
  setBroken(true);
  for (let at = 0; at < 10_003; at++) writer.add(signal(at));
  await writer.flush();
  expect(failures).toEqual([3]);
  setBroken(false);
  await writer.flush();
  expect(await store.get(signalsSeen, "s2")).toBeUndefined();
  expect(await store.get(signalsSeen, "s3")).toBeDefined();
});

test("reading filters by instrument, strategy and time, and goes on by cursor", async () => {
  const { writer, read } = world();
  for (const at of [1, 2, 3, 4]) writer.add(signal(at));
  writer.add(signal(5, { strategy_id: "book" }));
  writer.add(signal(6, { instrument: "SPOT:BTCUSDT" }));
  await writer.flush();
  const ids = async (request: object) => (await read(request)).items.map(({ signal_id }) => signal_id);
  expect(await ids({ instrument: "FUT:BTCUSDT" })).toEqual(["s5", "s4", "s3", "s2", "s1"]);
  expect(await ids({ strategy_id: "book" })).toEqual(["s5"]);
  expect(await ids({ from_ts: String(START_TS + 2), to_ts: START_TS + 3 })).toEqual(["s3", "s2"]);
  const first = await read({ limit: "4" });
  const rest = await read({ limit: "4", cursor: first.next_cursor });
  expect([...first.items, ...rest.items]).toHaveLength(6);
  expect(rest.next_cursor).toBeUndefined();
});
