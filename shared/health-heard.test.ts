/** What a service holds of S11's word: across restarts, in silence, and before the first word. */
import { beforeEach, expect, test } from "bun:test";
import { VirtualClock } from "./adapters/virtual-clock.ts";
import { put } from "./changes.ts";
import { strategyMarks } from "./collections/signals.ts";
import { HealthHeard } from "./health-heard.ts";
import type { Net, Store } from "./kit/ports.ts";
import type { HealthEffects, HealthLevel } from "./streams.ts";
import { simulatedWorld } from "./testing/world.ts";

const SILENT_MS = 90_000;
let clock: VirtualClock;
let store: Store;
let health: HealthHeard;
const fresh = () => new HealthHeard({ store, clock, silentMs: SILENT_MS }, strategyMarks);
beforeEach(() => {
  clock = new VirtualClock(1_000_000);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s03");
  health = fresh();
});
const tell = (level: HealthLevel, effects?: HealthEffects, ts = clock.now()) =>
  health.hear({ level, reasons: [], ts, ...(effects && { effects }) });

test("a fresh system trades: nothing is known, which is GREEN until S11 has had its time to speak", async () => {
  await health.load();
  expect([health.isKnown, health.level, health.isSilent]).toEqual([false, "GREEN", false]);
  await clock.run(clock.now() + SILENT_MS);
  expect(health.level).toBe("GREEN");
  await clock.run(clock.now() + 1);
  expect([health.level, health.words]).toEqual(["ORANGE", "S11 is silent, which counts as ORANGE"]);
  await tell("GREEN");
  expect([health.isKnown, health.level, health.words]).toEqual([true, "GREEN", "health is GREEN"]);
});

test.each(["GREEN", "YELLOW", "ORANGE"] as const)(
  "silence after %s counts as ORANGE, until it speaks again",
  async (level) => {
    await tell(level, { takers_only: "few posts were filled" });
    await clock.run(clock.now() + SILENT_MS);
    expect(health.level).toBe(level);
    await clock.run(clock.now() + 1);
    expect([health.level, health.isSilent, health.effects.takers_only]).toEqual([
      "ORANGE",
      true,
      "few posts were filled",
    ]);
    await tell(level);
    expect([health.level, health.isSilent, health.effects]).toEqual([level, false, {}]);
  },
);

test("silence makes RED no better", async () => {
  await tell("RED");
  await clock.run(clock.now() + 10 * SILENT_MS);
  expect([health.level, health.noEntries]).toEqual(["RED", "health is RED"]);
});

test("level, effects and their age outlive a restart", async () => {
  await tell("YELLOW", { no_entries: "costs are off" });
  health = fresh();
  await health.load();
  expect([health.isKnown, health.level, health.noEntries]).toEqual([true, "YELLOW", "costs are off"]);
  await clock.run(clock.now() + SILENT_MS + 1);
  health = fresh();
  await health.load();
  expect(health.level).toBe("ORANGE");
});

test("an older word that comes again counts for nothing", async () => {
  await tell("RED");
  await tell("GREEN", {}, clock.now() - 1);
  expect(health.level).toBe("RED");
});

test("what an older version has kept is as if nothing had been heard", async () => {
  await store.commit([put(strategyMarks, { id: "health", value: "RED", ts: clock.now() })]);
  await health.load();
  expect([health.isKnown, health.level]).toEqual([false, "GREEN"]);
});

test("a word of a clock that ran ahead does not keep later ones from being heard", async () => {
  const now = clock.now();
  await tell("GREEN", undefined, now + 3_600_000);
  expect([health.level, health.isSilent]).toEqual(["ORANGE", true]);
  await clock.run(now + 1_000);
  await tell("RED");
  expect([health.level, health.noEntries]).toEqual(["RED", "health is RED"]);
  health = fresh();
  await health.load();
  await tell("GREEN");
  expect(health.level).toBe("GREEN");
});

test("clocks that differ a little put words in no other order", async () => {
  const now = clock.now();
  await tell("RED", undefined, now + 2_000);
  await tell("GREEN", undefined, now + 1_000);
  expect(health.level).toBe("RED");
});
