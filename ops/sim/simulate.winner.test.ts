import { describe, expect, test } from "bun:test";
import { intents } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import { dec, zero } from "../../shared/domain/money.ts";
import type { IntentKind } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { AgentsMarket } from "../venue/agents.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import type { Step } from "./lives.ts";
import { readAll } from "./pages.ts";

/** At 20×, a tenth of ROE is half a percent. */
const POSITION = {
  break_even_roe: 0.05,
  lock_steps_roe: [0.05, 0.1, 0.2],
  stages: [{ roe: 0.15, close: 0.3 }],
  ...{ adds_max: 1, add_roe: 0.08, add_share: 0.5 },
};
const DOWN_MS = 400;

async function openDesk(seed: string, canCrash = false): Promise<Desk> {
  const desk = await Desk.open({
    seed,
    canCrash,
    instruments: [FUT, SPOT],
    flags: { position: POSITION, risk: { budget_usdt: "1000" } },
  });
  // Health is GREEN once S11 has looked at everybody.
  await desk.sim.advance(20_000);
  return desk;
}
const tradesOf = ({ sim }: Desk): Promise<Trade[]> => readAll(sim.world.store("s06"), trades);

/** An entry of 300 USDT that wins step by step, all the way to its target; `after` each step. */
async function winAll(desk: Desk, after: () => void = () => {}): Promise<void> {
  const { sim } = desk;
  await desk.answered(desk.enter(FUT));
  await sim.advance(2_000);
  for (let step = 0; step < 30; step++) {
    (sim.market as AgentsMarket).surprise("BTC", 10);
    await sim.advance(3_000);
    after();
  }
  await sim.advance(60_000);
}

/** The venue's stops against its position, looked at every two milliseconds. */
function watchCover({ sim, venue }: Desk): { bareMs: number; moves: number } {
  const seen = { bareMs: 0, moves: 0 };
  let bare: number | undefined;
  let last = "";
  sim.clock.every(2, () => {
    const held = venue.positions().find(({ instrument }) => instrument === FUT)?.qty ?? zero;
    const stops = venue.algos().filter(({ status, type }) => status === "NEW" && type === "STOP_MARKET");
    const standing = stops.map((stop) => stop.client_id).join(" ");
    if (standing !== last) seen.moves++;
    last = standing;
    const isBare = held !== zero && stops.length === 0;
    bare = isBare ? (bare ?? sim.clock.now()) : undefined;
    if (bare !== undefined) seen.bareMs = Math.max(seen.bareMs, sim.clock.now() - bare);
  });
  return seen;
}

describe("a winner", () => {
  test("gets break-even, an add, locks and a stage, ends at its target, and is never without a stop meanwhile", async () => {
    const desk = await openDesk("winner");
    const kinds: IntentKind[] = [];
    const cover = watchCover(desk);
    await winAll(desk);
    const [trade] = await tradesOf(desk);
    for (const { intent } of await readAll(desk.sim.world.store("s04"), intents)) kinds.push(intent.kind);
    expect(trade).toMatchObject({ status: "CLOSED", exit_reason: "take_profit", adds: 1, stage: 1 });
    const reasons = trade?.stops.map(({ reason }) => reason) ?? [];
    expect(reasons).toEqual(expect.arrayContaining(["entry", "break_even", "add", "lock"]));
    const levels = trade?.stops.map(({ stop_price }) => dec(stop_price)) ?? [];
    expect(levels).toEqual(levels.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(kinds)).toEqual(new Set<IntentKind>(["ENTRY", "SL", "ADD", "TP"]));
    expect(dec(trade?.pnl_usdt ?? "0") > zero).toBe(true);
    expect(cover.moves).toBeGreaterThan(4);
    // From the entry's first fill to its first stop.
    expect(cover.bareMs).toBeLessThan(200);
    expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
  });
});

type Action = "SL" | "TP" | "ADD";
interface Kill {
  readonly name: string;
  /** Milliseconds after the step. */
  readonly laterMs?: number;
  readonly is: (step: Step, action: Action) => boolean;
}
const pendingOf = (step: Step): string | undefined => {
  if (step.by !== "s06" || step.port !== "commit") return undefined;
  const put = step.ops.find((op) => op.op === "put" && op.collection.name === trades.name);
  const trade = put && "value" in put ? (put.value as Trade) : undefined;
  return (trade?.params.pending as { kind?: string } | undefined)?.kind;
};
const askOf = (step: Step): string | undefined =>
  step.by === "s06" && step.port === "call" && step.method === "placeOrder"
    ? (step.input as { intent: { kind: string } }).intent.kind
    : undefined;
const KILLS: readonly Kill[] = [
  { name: "before it is stored", is: (step, action) => step.when === "before" && pendingOf(step) === action },
  { name: "stored and not asked for", is: (step, action) => step.when === "after" && pendingOf(step) === action },
  {
    name: "asked for and not answered",
    laterMs: 1,
    is: (step, action) => step.when === "before" && askOf(step) === action,
  },
  { name: "answered and not stored", is: (step, action) => step.when === "after" && askOf(step) === action },
];

describe("S6 dies, and the trade goes on as if nothing had been", () => {
  for (const action of ["SL", "TP", "ADD"] as const) {
    for (const { name, laterMs = 0, is } of KILLS) {
      test(`${action} ${name}`, async () => {
        const desk = await openDesk(`${action} ${name}`, true);
        const { sim } = desk;
        let killed = false;
        sim.onStep((step) => {
          if (killed || !is(step, action)) return;
          killed = true;
          if (laterMs === 0) sim.kill(["s06"], DOWN_MS);
          else sim.clock.after(laterMs, () => sim.kill(["s06"], DOWN_MS));
        });
        await winAll(desk);
        const [trade, ...others] = await tradesOf(desk);
        expect([killed, others]).toEqual([true, []]);
        expect(trade).toMatchObject({ status: "CLOSED", exit_reason: "take_profit", adds: 1, stage: 1 });
        expect([...(await desk.troubles()), ...(await desk.leftovers())]).toEqual([]);
      });
    }
  }
});
