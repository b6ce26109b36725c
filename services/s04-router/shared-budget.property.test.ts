import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Intent } from "../../shared/domain/order.ts";
import { BUDGET_USDT, Shards } from "./shards.fixture.ts";
import type { RouterWorld } from "./world.fixture.ts";
import { entry } from "./world.fixture.ts";

const SHARDS = 3;
const instrument = fc.nat({ max: 3 });
const shardIndex = fc.nat({ max: SHARDS - 1 });

/** What can happen; time passes after each. */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ what: fc.constant("market" as const), instrument, size: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant("limit" as const), instrument, size: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("add" as const), instrument, size: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("fill" as const), instrument }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("exit" as const), instrument }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("crash" as const),
      shard: shardIndex,
      call: fc.integer({ min: 1, max: 8 }),
      after: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("doubt" as const), shard: shardIndex }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("cut" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("slow" as const),
      delaysMs: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 }),
    }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never;
const waitMs = fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 12_000 }));

class Run {
  readonly shards = new Shards(SHARDS);
  private number = 0;

  async perform(happening: Happening): Promise<void> {
    const { shards } = this;
    switch (happening.what) {
      case "market":
        return this.ask(happening.instrument, { qty: sizeOf(happening.size) });
      case "limit":
        return this.ask(happening.instrument, { qty: sizeOf(happening.size), type: "LIMIT", price: "59990" });
      case "add":
        return this.ask(happening.instrument, { qty: sizeOf(happening.size), kind: "ADD" });
      case "exit":
        return this.ask(happening.instrument, EXIT);
      case "fill": {
        const resting = shards.exchange
          .live()
          .find((o) => o.type === "LIMIT" && o.instrument === shards.instruments[happening.instrument]);
        if (resting) shards.exchange.fill(resting.client_order_id, "0.001");
        return;
      }
      case "crash":
        return this.worldAt(happening.shard).dieAt(happening);
      case "forget":
        return shards.quota.forget();
      case "doubt":
        return this.worldAt(happening.shard).router.sharedBudget?.doubt();
      case "cut":
        shards.quota.isAway = true;
        shards.clock.after(3_000, () => {
          shards.quota.isAway = false;
        });
        return;
      case "slow":
        shards.quota.delaysMs = [...happening.delaysMs];
        return;
    }
  }

  ask(at: number, over: object): void {
    const { shards } = this;
    const instrument = shards.instruments[at] as string;
    const intent = entry({ instrument, stop_loss: { price: "58000" }, intent_id: `p${++this.number}`, ...over });
    void shards
      .ownerOf(instrument)
      .router.admission.place(Intent.parse(intent))
      .catch(() => undefined);
  }

  /** Whoever died is there again, from its store alone. */
  restart(): void {
    for (const world of this.shards.worlds) if (world.crashed) void world.boot().start();
  }

  /** Everything heals and ends. */
  async end(): Promise<void> {
    const { shards } = this;
    shards.quota.isAway = false;
    for (const world of shards.worlds) world.dieAt({ call: Number.POSITIVE_INFINITY, after: true });
    // A call after which somebody was to die may still be under way.
    await shards.pass(1_000);
    this.restart();
    await shards.pass(15_000);
    for (const { router } of shards.worlds) {
      for (const { intent_id } of router.book.running()) {
        void router.cancellation.cancel({ intent_id, cascade: true }).catch(() => undefined);
      }
    }
    await shards.pass(60_000);
    for (const at of shards.instruments.keys()) this.ask(at, EXIT);
    await shards.pass(60_000);
  }

  private worldAt(index: number): RouterWorld {
    return this.shards.worlds[index] as RouterWorld;
  }
}

const EXIT = { kind: "EXIT", side: "SELL", stop_loss: undefined, take_profit: undefined, qty: "1" } as const;
const sizeOf = (size: number): string => `0.00${Math.min(size * 2, 9)}`;

describe("the budget of several shards, whatever happens", () => {
  test("is never exceeded by all that is at risk, and nothing stays reserved", async () => {
    const story = fc.array(fc.tuple(happening, waitMs), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        const run = new Run();
        const { shards } = run;
        await shards.start();
        for (const [step, ms] of steps) {
          await run.perform(step);
          await shards.pass(ms);
          run.restart();
        }
        await run.end();
        const left = (await shards.quota.now()).filter(({ amount }) => amount > 0);
        const risk = await shards.atRisk();
        shards.close();
        expect(shards.mostAtRisk).toBeLessThanOrEqual(BUDGET_USDT + 1e-9);
        expect({ left, risk }).toEqual({ left: [], risk: 0 });
      }),
      { seed: 4, numRuns: 60 },
    );
  }, 300_000);
});
