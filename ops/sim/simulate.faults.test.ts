import { describe, expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { orders } from "../../shared/collections/orders.ts";
import type { OrderAnswer } from "../../shared/domain/order.ts";
import { FAULTS } from "../venue/fault-table.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { live } from "./fault-cases.fixture.ts";
import { readAll } from "./pages.ts";
import { PHASES } from "./steps.fixture.ts";

/** Each fault around one phase of a trade's life, in one market; neighbours meet other phases and the other market. */
const ROWS = Object.entries(FAULTS).map(([name, faults], at) => {
  const phase = PHASES[at % PHASES.length] as (typeof PHASES)[number];
  const instrument = Math.floor(at / PHASES.length) % 2 === 0 ? FUT : SPOT;
  return { what: `${phase} on ${instrument}: ${name}`, instrument, phase, faults };
});
/** Those that have lost money before. */
const PROVEN: readonly [string, (typeof PHASES)[number]][] = [
  ["not taken, -1007 at once", "protection"],
  ["-1021 to everything", "protection"],
  ["418 with Retry-After 10", "protection"],
  ["taken, no answer, unknown for 20 s", "exit"],
];

describe("a trade among faults: 60 s after their end all is settled, covered, released and equal", () => {
  for (const { what, ...row } of ROWS) {
    test(what, async () => {
      expect(await live({ ...row, seed: what })).toEqual([]);
    });
  }
  for (const [name, phase] of PROVEN) {
    test(`${phase} on both: ${name}`, async () => {
      const faults = FAULTS[name] as (typeof FAULTS)[string];
      for (const instrument of [FUT, SPOT]) expect(await live({ instrument, phase, faults, seed: name })).toEqual([]);
    });
  }
});

/** Entries that the venue took after `ts`. */
async function entriesSince(desk: Desk, ts: number): Promise<string[]> {
  const ours = await readAll(desk.sim.world.store("s04"), orders);
  const entries = new Set(ours.filter((o) => o.kind === "ENTRY" || o.kind === "ADD").map((o) => o.client_order_id));
  const late = desk.venue.orders().filter((order) => order.created_at > ts && entries.has(order.client_id));
  return late.map((order) => order.client_id);
}

/** Market, maker and limit entries on both markets, some milliseconds apart. */
async function manyEntries(desk: Desk, count: number): Promise<Promise<OrderAnswer | string>[]> {
  const chance = seededRandom(`entries ${count}`);
  const answers: Promise<OrderAnswer | string>[] = [];
  for (let nth = 0; nth < count; nth++) {
    const instrument = nth % 3 === 2 ? SPOT : FUT;
    const limit = { type: "LIMIT" as const, price: desk.price(instrument, 0.999) };
    const style = nth % 2 === 0 ? { exec: { policy: "MAKER_THEN_TAKER" as const } } : limit;
    answers.push(desk.enter(instrument, { notional_usdt: "150", ...style }));
    if (chance.int(4) === 0) await desk.sim.advance(chance.int(6));
  }
  await desk.sim.advance(chance.int(15));
  return answers;
}

describe("the kill switch with entries in flight", () => {
  const rows = [
    { mode: "HALT", count: 100, lost: 0 },
    { mode: "CANCEL", count: 100, lost: 3 },
    { mode: "FLATTEN", count: 100, lost: 0 },
    { mode: "FLATTEN", count: 4, lost: 3 },
  ] as const;
  test.each(rows)(
    "$mode, $count intents, $lost answers lost: none enters after the answer, exits do",
    async (row) => {
      const desk = await Desk.open({ seed: row.mode, instruments: [FUT, SPOT] });
      await desk.answered(desk.enter(FUT));
      await desk.sim.advance(2_000);
      const lost = { kind: "timeout_after_accept", market: "FUT", symbol: "BTCUSDT", hold_ms: 30_000 };
      if (row.lost > 0) await desk.fault({ ...lost, count: row.lost });
      await manyEntries(desk, row.count);
      await desk.answered(desk.kill(true, row.mode));
      const answeredAt = desk.sim.clock.now();
      desk.clearFaults();
      expect(await desk.answered(desk.enter(FUT))).toBe("KILL_SWITCH");
      // Under HALT what rests may still fill until its cancel is there: only then the position to leave is known.
      await desk.sim.advance(3_000);
      if (row.mode !== "FLATTEN") for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
      await desk.sim.advance(60_000);
      expect(await entriesSince(desk, answeredAt)).toEqual([]);
      expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);

      await desk.answered(desk.kill(false));
      expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
    },
    60_000,
  );

  test("on and off at the same time: what the last answer says holds everywhere", async () => {
    const desk = await Desk.open({ seed: "race" });
    const asked = [desk.kill(true), desk.kill(false), desk.kill(true), desk.kill(false), desk.kill(true, "HALT")];
    const answers = (await desk.answered(Promise.all(asked))) as { epoch: number; enabled: boolean }[];
    await desk.sim.advance(10_000);
    const last = answers.reduce((newest, answer) => (answer.epoch > newest.epoch ? answer : newest));
    expect(last.enabled).toBe(true);
    expect(await desk.answered(desk.enter(FUT))).toBe("KILL_SWITCH");
    await desk.answered(desk.kill(false));
    expect(await desk.answered(desk.enter(FUT))).toMatchObject({ status: "FILLED" });
    await desk.sim.advance(5_000);
    expect(await desk.troubles()).toEqual([]);
  }, 300_000);
});

test.each([0, 20, 50, 150])(
  "FLATTEN ends flat after a crash %d ms into it",
  async (ms) => {
    const desk = await Desk.open({ seed: `flatten ${ms}`, instruments: [FUT, SPOT], canCrash: true });
    for (const instrument of [FUT, SPOT]) void desk.enter(instrument);
    await desk.sim.advance(2_000);
    void desk.enter(FUT);
    await desk.sim.advance(5);
    void desk.kill(true, "FLATTEN");
    await desk.sim.advance(ms);
    desk.sim.crash();
    await desk.sim.advance(40_000);
    expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
  },
  30_000,
);

describe("a crash in mid-flight, and again, and again", () => {
  const acts: Record<string, (desk: Desk) => Promise<unknown>> = {
    "an entry": async (desk) => desk.enter(FUT),
    "a maker entry on spot": async (desk) => desk.enter(SPOT, { exec: { policy: "MAKER_THEN_TAKER" } }),
    "a stop move": async (desk) => desk.moveStop(FUT, 0.995),
    "a stop move on spot": async (desk) => desk.moveStop(SPOT, 0.995),
    "an exit": async (desk) => desk.exit(FUT),
    "an exit on spot": async (desk) => desk.exit(SPOT),
    "a flatten": async (desk) => desk.kill(true, "FLATTEN"),
  };
  test.each(Object.keys(acts))(
    "%s",
    async (name) => {
      const chance = seededRandom(name);
      const desk = await Desk.open({ seed: name, instruments: [FUT, SPOT], canCrash: true });
      for (let round = 0; round < 3; round++) {
        for (const instrument of [FUT, SPOT]) void desk.enter(instrument);
        await desk.sim.advance(1_500);
        void acts[name]?.(desk);
        await desk.sim.advance(chance.int(45));
        desk.sim.crash();
        await desk.sim.advance(chance.int(2) === 0 ? chance.int(500) : 6_000);
        desk.sim.crash();
        await desk.sim.advance(8_000);
      }
      await desk.sim.advance(60_000);
      expect(await desk.troubles()).toEqual([]);
      for (const instrument of [FUT, SPOT]) void desk.exit(instrument);
      await desk.sim.advance(30_000);
      expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
    },
    60_000,
  );
});
