/** Intents of every kind, one after the other, in the simulator: what becomes of each, and how long it takes. */
import { holdings, type IntentRecord, intents, orders } from "../../shared/collections/orders.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Intent, OrderAnswer } from "../../shared/domain/order.ts";
import { assert } from "../../shared/errors.ts";
import { type Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";

/** An intent that has not ended after so long never will. */
const END_MS_MAX = 60_000;
const LOOK_MS = 25;
/** Between one intent's end and the next, so that stops and targets come and go. */
const PAUSE_MS = 400;
const LIMIT_MS = 1_500;

type Way = (desk: Desk, instrument: InstrumentId) => Partial<Intent>;
const twap = { slices: 3, interval_ms: 300, jitter: 0.2 };
const levels = (desk: Desk, on: InstrumentId) => ({
  stop: desk.price(on, 0.99),
  take_profit: desk.price(on, 1.02),
});

/** How a position is opened or enlarged; OCO exists on spot only. */
const ENTRIES: Readonly<Record<string, Way>> = {
  MARKET: () => ({ exec: { policy: "MARKET" } }),
  MAKER_THEN_TAKER: () => ({ exec: { policy: "MAKER_THEN_TAKER", maker_wait_ms: 400 } }),
  LIMIT: (desk, on) => ({
    type: "LIMIT",
    price: desk.price(on, 1.0002),
    valid_until: desk.sim.clock.now() + LIMIT_MS,
  }),
  TWAP: () => ({ exec: { policy: "MARKET", twap }, notional_usdt: "450" }),
  OCO: (desk, on) => ({ exec: on === SPOT ? { policy: "OCO", oco: levels(desk, on) } : { policy: "MARKET" } }),
  "TWAP of makers": () => ({ exec: { policy: "MAKER_THEN_TAKER", maker_wait_ms: 300, twap }, notional_usdt: "450" }),
  "LIMIT far away": (desk, on) => ({
    type: "LIMIT",
    price: desk.price(on, 0.995),
    valid_until: desk.sim.clock.now() + LIMIT_MS,
  }),
};
const EXITS: Readonly<Record<string, Way>> = {
  "exit MARKET": () => ({ exec: { policy: "MARKET" } }),
  "exit MAKER_THEN_TAKER": () => ({ exec: { policy: "MAKER_THEN_TAKER", maker_wait_ms: 400 } }),
  "exit TWAP": () => ({ exec: { policy: "MARKET", twap } }),
};

export interface Ended {
  readonly way: string;
  readonly instrument: InstrumentId;
  /** What was answered, or the code of the refusal. */
  readonly answer: OrderAnswer | string;
  /** None where the intent was refused. */
  readonly record: IntentRecord | undefined;
  /** From the intent's storing to the exchange's first word of it, and to its end; ms of the exchange's time. */
  readonly ackMs: number | undefined;
  readonly endMs: number | undefined;
}

/** So many intents in a row, each over before the next, alternately on futures and spot. */
export async function intentsInARow(desk: Desk, count: number): Promise<Ended[]> {
  const ended: Ended[] = [];
  const turns = { entry: 0, exit: 0 };
  for (let nth = 0; nth < count; nth++) {
    const instrument = nth % 2 === 0 ? FUT : SPOT;
    const isHeld = (await heldQty(desk, instrument)) !== "0";
    const ways = Object.entries(isHeld ? EXITS : ENTRIES);
    const turn = isHeld ? turns.exit++ : turns.entry++;
    // Both markets see every way.
    const [way, of] = ways[Math.floor(turn / 2) % ways.length] as [string, Way];
    ended.push(await one(desk, { way, instrument, over: { ...(isHeld ? EXIT : {}), ...of(desk, instrument) } }));
    await desk.sim.advance(PAUSE_MS);
  }
  return ended;
}

const EXIT = {
  kind: "EXIT",
  side: "SELL",
  notional_usdt: undefined,
  stop_loss: undefined,
  take_profit: undefined,
} as unknown as Partial<Intent>;

async function one(
  desk: Desk,
  { way, instrument, over }: { way: string; instrument: InstrumentId; over: Partial<Intent> },
): Promise<Ended> {
  const { sim } = desk;
  const store = sim.world.store("s04");
  const intent = { ...desk.intent(instrument), ...over };
  // What is left out is not asked.
  for (const [name, value] of Object.entries(intent)) if (value === undefined) delete (intent as never)[name];
  const answer = await desk.answered(desk.place(intent));
  if (typeof answer === "string") {
    return { way, instrument, answer, record: undefined, ackMs: undefined, endMs: undefined };
  }
  const until = sim.clock.now() + END_MS_MAX;
  let record = (await store.get(intents, intent.intent_id))?.value;
  while (record?.state !== "DONE" && sim.clock.now() < until) {
    await sim.advance(LOOK_MS);
    record = (await store.get(intents, intent.intent_id))?.value;
  }
  assert(record, `intent ${intent.intent_id} is stored`);
  const own = (await readAll(store, orders, { intent_id: intent.intent_id })).filter((o) => o.leg.startsWith("e"));
  const acked = Math.min(...own.flatMap((order) => order.acked_at ?? []));
  return {
    way,
    instrument,
    answer,
    record,
    ackMs: Number.isFinite(acked) ? acked - record.created_at : undefined,
    endMs: record.done_at === undefined ? undefined : record.done_at - record.created_at,
  };
}

async function heldQty(desk: Desk, instrument: InstrumentId): Promise<string> {
  const held = await readAll(desk.sim.world.store("s04"), holdings);
  return held.find((holding) => holding.instrument === instrument)?.qty ?? "0";
}

/** Client ids of which the exchange has more than one order, by its own journal. */
export function doubled(desk: Desk): string[] {
  const seen = new Set<string>();
  return desk.venue.orders().flatMap(({ instrument, client_id }) => {
    const id = `${instrument} ${client_id}`;
    if (seen.has(id)) return [id];
    seen.add(id);
    return [];
  });
}
