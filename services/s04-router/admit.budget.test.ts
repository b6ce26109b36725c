import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { holdings, intents, orders } from "../../shared/collections/orders.ts";
import { add, dec, sum, zero } from "../../shared/domain/money.ts";
import { Intent, isEntry } from "../../shared/domain/order.ts";
import { planOf } from "../../shared/trading/execution/answers.ts";
import { share, worstCase } from "../../shared/trading/execution/budget.ts";
import { all } from "./kept.ts";
import { alone, entry, FUT, MAKER, RouterWorld } from "./world.fixture.ts";

const BUDGET_USDT = dec("50");
const TWAP = { slices: 3, interval_ms: 400, jitter: 0.2 };
const size = fc.integer({ min: 3, max: 9 });
const happening = fc.oneof(
  { weight: 3, arbitrary: fc.record({ what: fc.constant("market" as const), size }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant("twap" as const), size }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("maker" as const), size }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("limit" as const), size }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("add" as const), size }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("fill" as const), size: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("part" as const), size: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("exit" as const), size }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("stop" as const), size }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("cancel" as const), size }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("short" as const), size }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("restart" as const), size }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;
const steps = fc.array(fc.tuple(happening, fc.integer({ min: 0, max: 1_500 })), { minLength: 5, maxLength: 25 });
const lots = (size: number): string => `0.00${size}`;
const EXIT = { kind: "EXIT", side: "SELL", stop_loss: undefined, take_profit: undefined } as const;

class Life {
  readonly world: RouterWorld = new RouterWorld({}, { ...alone(), committed: () => this.committed() });
  /** What was wrong right after a commit. */
  readonly broken: string[] = [];

  /** What is reserved and used by the store's word never leaves the budget, whatever is under way. */
  private async committed(): Promise<void> {
    const { store } = this.world;
    const running = await all(store, intents, { state: "RUNNING" });
    const held = await all(store, holdings, {});
    const taken = [...running, ...held].map(({ value }) => dec(value.reserved_usdt));
    if (taken.some((each) => each < zero) || sum(taken) > BUDGET_USDT) this.broken.push(`${taken} are taken`);
  }

  async perform({ what, size }: Happening): Promise<void> {
    const { world } = this;
    const resting = world.exchange.live().find((o) => o.type === "LIMIT" || o.type === "LIMIT_MAKER");
    const stop = world.exchange.live().find((o) => o.type === "STOP_MARKET");
    const qty = lots(size);
    switch (what) {
      case "market":
        return this.ask({ qty });
      case "twap":
        return this.ask({ qty, exec: { policy: "MARKET", twap: TWAP } });
      case "maker":
        return this.ask({ qty, exec: { ...MAKER, twap: TWAP } });
      case "limit":
        return this.ask({ qty, type: "LIMIT", price: "59990", exec: undefined });
      case "add":
        return this.ask({ qty, kind: "ADD", stop_loss: undefined, exec: { policy: "MARKET", twap: TWAP } });
      case "part":
        return this.ask({ ...EXIT, qty });
      case "exit":
        return this.ask({ ...EXIT, qty: undefined, exec: { policy: "MARKET", twap: TWAP } });
      case "fill":
        return resting && world.exchange.fill(resting.client_order_id, lots(size));
      case "stop":
        return stop && world.exchange.trigger(stop.client_order_id);
      case "short":
        world.exchange.faults.push({ refuse: "-2019 Margin is insufficient." });
        return;
      case "cancel": {
        const running = world.router.book.running(FUT).at(-1);
        if (running) await this.cancel(running.intent_id);
        return;
      }
      case "restart":
        world.boot();
        await world.start();
    }
  }

  private async cancel(intent_id: string): Promise<void> {
    await this.world.finish(this.world.router.cancellation.cancel({ intent_id, cascade: true })).catch(() => undefined);
  }

  private ask(over: object): void {
    const intent = Intent.parse({ ...entry(over), ...over });
    this.world.router.admission.place(intent).catch(() => undefined);
  }

  /** What is wrong with the budget now, as the store alone tells. */
  async faults(): Promise<string[]> {
    const { store, router } = this.world;
    const found: string[] = [];
    const records = (await all(store, intents, {})).map((row) => row.value);
    const holding = router.book.holding(FUT);
    const used = dec(holding?.reserved_usdt ?? "0");
    const reserved = sum(records.map((record) => dec(record.reserved_usdt)));
    const told = router.budget();
    if (dec(told.used_usdt) !== used || dec(told.reserved_usdt) !== reserved) found.push("told is not what is stored");
    if (used < zero || reserved < zero || add(used, reserved) > BUDGET_USDT) found.push(`${used} + ${reserved}`);
    let most = zero;
    for (const record of records.filter((r) => isEntry(r.intent.kind))) {
      const plan = planOf(record);
      const own = (await all(store, orders, { intent_id: record.intent_id })).map((row) => row.value);
      const filled = sum(own.filter((o) => o.leg.startsWith("e")).map((o) => dec(o.filled_qty)));
      const stop = dec(plan.levels.stop ?? "0");
      const price = dec(plan.price ?? "60000.1");
      const worst = worstCase({ side: "BUY", qty: dec(plan.qty), price, stop, takerFee: 0.0005 });
      if (record.state === "RUNNING" && dec(record.reserved_usdt) !== worst) found.push(`${record.intent_id} in part`);
      if (record.state === "DONE" && record.reserved_usdt !== "0") found.push(`${record.intent_id} is not released`);
      if (record.state === "DONE") most = add(most, share(worst, filled, dec(plan.qty)));
    }
    if (used > most) found.push(`${used} are used, at most ${most} were ever passed on`);
    if (!holding || holding.qty === "0") {
      if (used !== zero) found.push(`flat, and ${used} used`);
      return found;
    }
    // Nothing but holdings and running entries has a part of it, and what is held without an entry running has one.
    const entering = records.some((r) => isEntry(r.intent.kind) && r.state === "RUNNING");
    if (!entering && used <= zero) found.push("held, and nothing used");
    return found;
  }

  async close(): Promise<void> {
    for (const { intent_id } of this.world.router.book.running()) await this.cancel(intent_id);
    await this.world.pass(3_000);
    if (this.world.router.book.holding(FUT)?.qty !== "0") this.ask({ ...EXIT, qty: undefined });
    await this.world.pass(5_000);
  }
}

describe("the risk budget over random lives", () => {
  test("property: never negative, never over, what is stored, and zero when flat", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (happenings) => {
        const life = new Life();
        await life.world.start();
        try {
          for (const [what, waitMs] of happenings) {
            await life.perform(what);
            await life.world.pass(waitMs);
            expect(await life.faults()).toEqual([]);
          }
          await life.close();
          expect([...(await life.faults()), ...life.broken]).toEqual([]);
          const { used_usdt, reserved_usdt } = life.world.router.budget();
          expect([life.world.router.book.holding(FUT)?.qty ?? "0", used_usdt, reserved_usdt]).toEqual(["0", "0", "0"]);
        } finally {
          life.world.close();
        }
      }),
      { seed: 41, numRuns: 15 },
    );
  }, 300_000);
});
