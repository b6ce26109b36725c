import { expect, test } from "bun:test";
import fc from "fast-check";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { IntentRecord } from "../../shared/collections/orders.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { Intent, type Order } from "../../shared/domain/order.ts";
import { OrdersBook } from "./orders-book.ts";
import type { Ports } from "./types.ts";
import { entry, FUT, SPOT, START } from "./world.fixture.ts";

/** Books that soon forget what is over, and can be looked through from one end to the other. */
class ScannedBook extends OrdersBook {
  protected override readonly finishedMax = 3;

  scan(instrument?: string): IntentRecord[] {
    const records = [...this.entries.values()].map(({ record }) => record);
    return records.filter((r) => r.state === "RUNNING" && (instrument === undefined || r.instrument === instrument));
  }

  get size(): number {
    return this.entries.size;
  }
}

const INSTRUMENTS = [FUT, SPOT];
const someId = fc.nat({ max: 11 }).map((number) => `i${number}`);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant("begin" as const), id: someId }) },
  { weight: 6, arbitrary: fc.record({ what: fc.constant("end" as const), id: someId }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ what: fc.constant("order" as const), id: someId },
      status: fc.constantFrom("NEW" as const, "UNKNOWN" as const, "CANCELED" as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant("ask" as const), id: someId }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("fail" as const), id: someId }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("restart" as const), withStore: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Run {
  readonly clock = new VirtualClock(START);
  readonly store: SqliteStore = openStore({
    ...{ path: ":memory:", owner: "s04", collections: COLLECTIONS, now: () => this.clock.now() },
  });
  book = this.fresh();
  private fails = false;

  async perform(step: Step): Promise<void> {
    const { book } = this;
    if (step.what === "restart") return this.restart(step.withStore);
    const known = await book.ensure(step.id);
    const instrument = instrumentOf(step.id);
    if (step.what === "begin" && !known) {
      await book.change(instrument, () => ({ intents: [recordOf(step.id, this.clock.now())] }));
    }
    if (!known || step.what === "begin" || step.what === "ask") return;
    if (step.what === "order") {
      await book.change(instrument, () => ({ orders: [orderOf(known, step.status, this.clock.now())] }));
      return;
    }
    this.fails = step.what === "fail";
    const ended = book.change(instrument, () => ({ intents: [{ ...known, state: "DONE" }] }));
    if (this.fails) await expect(ended).rejects.toThrow("no disk");
    else await ended;
    this.fails = false;
  }

  private async restart(withStore: boolean): Promise<void> {
    const open = this.book.picture();
    this.book = this.fresh();
    if (withStore) await this.book.load();
    else this.book.take(open);
  }

  private fresh(): ScannedBook {
    const { clock, store } = this;
    const around = {
      get: store.get.bind(store),
      query: store.query.bind(store),
      commit: async (...given: Parameters<SqliteStore["commit"]>) => {
        if (this.fails) throw new Error("no disk");
        return store.commit(...given);
      },
    };
    return new ScannedBook({ account: "main", clock, store: around } as unknown as Ports);
  }
}

const instrumentOf = (id: string): string => INSTRUMENTS[Number(id.slice(1)) % 2]!;

function recordOf(intent_id: string, now: number): IntentRecord {
  const instrument = instrumentOf(intent_id);
  return {
    ...{ intent_id, body_hash: "h", intent: Intent.parse(entry({ intent_id, instrument })), state: "RUNNING" },
    ...{
      plan: { style: "MARKET", qty: "0.01", maker_wait_ms: 0, why: "", levels: {} },
      reserved_usdt: "0",
      instrument,
      created_at: now,
      updated_at: now,
    },
    answer: { intent_id, status: "WORKING", order_ids: [], client_order_ids: [], filled_qty: "0", fills: [] },
  };
}

const orderOf = ({ intent_id, instrument }: IntentRecord, status: Order["status"], now: number): Order => ({
  ...{ client_order_id: `${intent_id}-e1`, account: "main", instrument, intent_id, leg: "e1", kind: "ENTRY" },
  ...{ side: "BUY", type: "MARKET", qty: "0.01", reduce_only: false, status, filled_qty: "0" },
  ...{ created_at: now, updated_at: now },
});

test("property: what is under way is what a look through all books finds, in its order, and so are unknown orders", async () => {
  let [looks, forgot] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
      const run = new Run();
      for (const one of steps) {
        const before = run.book.size;
        await run.perform(one);
        const { book } = run;
        if (book.size < before) forgot++;
        expect(book.running()).toEqual(book.scan());
        for (const instrument of INSTRUMENTS) {
          expect(book.running(instrument)).toEqual(book.scan(instrument));
          const unknown = book.allOrders(instrument).find(({ status }) => status === "UNKNOWN");
          expect(book.unknownOrder(instrument)).toBe(unknown as Order);
        }
        looks += book.scan().length;
      }
      await run.store.close();
    }),
    { seed: 23, numRuns: 40 },
  );
  expect(looks).toBeGreaterThan(1_000);
  expect(forgot).toBeGreaterThan(20);
});
