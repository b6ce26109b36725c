import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { Net } from "../../shared/kit/ports.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { SeriesNames } from "./series-names.ts";

const clock = new VirtualClock(0);
const store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s11");
const peers = { services: [{ id: "s01" }, { id: "s04" }] };

test("a series keeps its short name, also after a restart, and each service has its own", async () => {
  const names = new SeriesNames({ store, clock, peers });
  await names.load();
  const first = names.shorten("s01", { "a{}": 1, "b{}": 2 });
  expect(first.values).toEqual({ 0: 1, 1: 2 });
  expect(names.shorten("s01", {}).ops).toEqual(first.ops);
  await store.commit(first.ops);
  names.committed();
  expect(names.shorten("s01", { "b{}": 3 })).toEqual({ values: { 1: 3 }, ops: [] });
  const after = new SeriesNames({ store, clock, peers });
  await after.load();
  const next = after.shorten("s01", { "c{}": 4, "a{}": 5 });
  expect(next.values).toEqual({ 2: 4, 0: 5 });
  expect(after.shorten("s04", { "c{}": 6 }).values).toEqual({ 0: 6 });
  expect([after.keyOf("s01", "2"), after.keyOf("s04", "0"), after.keyOf("s04", "n{}")]).toEqual(["c{}", "c{}", "n{}"]);
});

test("there is room for many", () => {
  const names = new SeriesNames({ store, clock, peers });
  const values = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`m{at="${at}"}`, at]));
  const short = names.shorten("s01", values).values;
  const told = Object.entries(short).map(([id, value]) => [names.keyOf("s01", id), value]);
  expect(Object.fromEntries(told)).toEqual(values);
});
