/** Trades opened, protected, moved and closed on both markets while something goes wrong, and what must hold afterwards. */
import { openReadOnly } from "../../shared/adapters/read-only-store.ts";
import { holdings, type IntentRecord } from "../../shared/collections/orders.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { dec } from "../../shared/domain/money.ts";
import { readAll } from "../sim/pages.ts";
import { faultPlace, type MakeFaults } from "../venue/fault-table.ts";
import {
  booksFlat,
  entry,
  everyPositionProtected,
  type Items,
  nothingUnknown,
  openOrders,
  openOrdersOf,
  openPositions,
  servicesReady,
} from "./account.fixture.ts";
import { openFolder, storeFiles } from "./folder.ts";
import { judgeRunning } from "./judge.ts";
import { type Running, until } from "./process.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** Held before, moved and closed meanwhile. */
const HELD = ["FUT:ETHUSDT", "SPOT:ETHUSDT"] as InstrumentId[];
/** Entered meanwhile. */
const ENTERED = ["FUT:BTCUSDT", "SPOT:BTCUSDT"] as InstrumentId[];
const ALL = [...HELD, ...ENTERED];
/** What happens beside the faults begins when the first orders are on their way. */
const ON_THEIR_WAY_MS = 150;

export interface Misfortune {
  /** Names its intents: another each time. */
  id: string;
  /** What the exchange does wrong, around every instrument and every kind of order. */
  faults?: MakeFaults;
  /** What else happens; resolves when it is over. */
  happens?(): Promise<void>;
  /** At least so long. */
  forMs: number;
  /** How long anything may take to come right again, ms. */
  waitMs?: number;
}
export interface Lived {
  /** From the trouble's end until all services were ready, ms. */
  readyMs: number;
  /** And until no order's outcome was open. */
  knownMs: number;
  /** By the venue's journal, once everything was closed. */
  violated: string[];
}

/** Lives through it, throws what does not come right, ends flat. */
export async function live(running: Running, misfortune: Misfortune): Promise<Lived> {
  const { id, faults, waitMs } = misfortune;
  await endFlat(running, waitMs);
  const before = await asked(running, HELD, `${id}-before`);
  await until(
    "held before",
    async () => {
      await feelingWell(running);
      const answers = await Promise.all(before.map((intent) => running.post("/orders", { intent })));
      const refused = answers.filter(({ status }) => status >= 300);
      if (refused.length > 0) throw new Error(JSON.stringify(refused.map(({ body }) => body)));
      return everythingCovered(running, HELD);
    },
    waitMs,
  );
  const intents = await asked(running, ENTERED, id);
  for (const body of faults ? everywhere(faults) : []) await running.venue.switchOn(body);
  await meanwhile(running, misfortune, { intents, before });
  await until("healed", () => running.venue.heal().then(() => true));
  const over = performance.now();
  await until("all ready", () => servicesReady(running), waitMs);
  const readyMs = performance.now() - over;
  await until("every outcome known", () => nothingUnknown(running), waitMs);
  const knownMs = performance.now() - over;
  await settled(running, intents, waitMs);
  await endFlat(running, waitMs);
  const { violated } = await judgeRunning(openFolder(running.data, ORIGIN));
  return { readyMs, knownMs, violated };
}

/** So many orders without an answer make the health level RED, which keeps entries out: rightly so, and for a while. */
async function feelingWell(running: Running): Promise<void> {
  const { level, reasons } = await running.get<{ level: string; reasons: string[] }>("/health-level");
  if (level === "RED") throw new Error(`health is RED: ${reasons.join("; ")}`);
}

type Entries = Awaited<ReturnType<typeof entry>>[];

async function asked(running: Running, instruments: readonly string[], id: string): Promise<Entries> {
  return Promise.all(instruments.map((each) => entry(running, `${id}-${each.slice(0, 1)}`, each)));
}

/** The faults' bodies for all instruments and kinds of orders, each once. */
function everywhere(faults: MakeFaults): object[] {
  const places = ALL.flatMap((each) => [faultPlace(each, "plain"), faultPlace(each, "protective")]);
  const bodies = places.flatMap((place) => faults(place));
  return [...new Map(bodies.map((body) => [JSON.stringify(body), body])).values()];
}

/** Entries and moved stops at once, exits after half of the time. */
async function meanwhile(
  running: Running,
  { forMs, happens }: Misfortune,
  { intents, before }: { intents: Entries; before: Entries },
): Promise<void> {
  const ask = (path: string, body: object) => running.post(path, body).catch(() => "cut off");
  const end = Bun.sleep(forMs);
  const answers = [
    ...intents.map((intent) => ask("/orders", { intent })),
    ...before.map(({ instrument, stop_loss }) => {
      const stop_price = (Number(stop_loss.price) * 1.02).toFixed(1);
      return ask("/positions/manage", { instruments: [instrument], actions: ["SET_STOP"], stop_price });
    }),
  ];
  await Bun.sleep(ON_THEIR_WAY_MS);
  const happened = happens?.();
  await Bun.sleep(forMs / 2);
  for (const each of HELD) answers.push(ask("/positions/manage", { instruments: [each], actions: ["CLOSE"] }));
  await Promise.all([end, happened]);
  // Answers that are still out are not waited for: what became of the orders is asked for in any case.
}

/** Both entries have one outcome; what is held of them is covered and known; what was to be closed is closed. */
async function settled(running: Running, intents: Entries, waitMs?: number): Promise<void> {
  await until(
    "both entries answered",
    async () => {
      await feelingWell(running);
      const again = await Promise.all(intents.map((intent) => running.post("/orders", { intent })));
      // Taken, or refused for good.
      return again.every(({ status }) => status < 300 || status === 422);
    },
    waitMs,
  );
  const filled = new Set<string>();
  await until(
    "both ended",
    async () => {
      for (const { intent_id, instrument } of intents) {
        const { intent } = await running.get<{ intent: IntentRecord }>(`/intents/${intent_id}`);
        if (intent.state !== "DONE") return false;
        if (dec(intent.answer.filled_qty ?? "0") > 0n) filled.add(instrument);
      }
      return true;
    },
    waitMs,
  );
  await until(
    "what was to be closed is closed",
    async () => {
      const left = await heldHere(running);
      const open = HELD.filter((each) => left.has(each));
      // As a person would whose first word was not heard.
      for (const each of open) await running.post("/positions/manage", { instruments: [each], actions: ["CLOSE"] });
      return open.length === 0;
    },
    waitMs,
  );
  // What could not be protected in time has been closed again.
  const covered = async () => {
    const held = [...(await heldHere(running)).keys()];
    return held.every((each) => filled.has(each)) && (await everythingCovered(running, held));
  };
  await until("what is held of it is covered", covered, waitMs);
}

/** What the router holds, by instrument. */
async function heldHere({ data }: Running): Promise<Map<string, { qty: string; guard: boolean }>> {
  const folder = openFolder(data, ORIGIN);
  const store = openReadOnly({ owner: "s04", collections: COLLECTIONS, files: (owner) => storeFiles(folder, owner) });
  try {
    const rows = await readAll(store, holdings);
    return new Map(rows.filter(({ qty }) => qty !== "0").map((row) => [row.instrument, row]));
  } finally {
    await store.close();
  }
}

/** Exactly these are held; each has its stop at the venue, or is guarded; the position manager keeps a trade for each. */
async function everythingCovered(running: Running, instruments: readonly string[]): Promise<boolean> {
  const held = await heldHere(running);
  if (held.size !== instruments.length || !instruments.every((each) => held.has(each))) return false;
  const orders = await openOrdersOf(running, instruments);
  const isCovered = (instrument: string): boolean =>
    orders.some((order) => order.instrument === instrument && /^STOP/.test(order.type));
  if (![...held].every(([instrument, { guard }]) => guard || isCovered(instrument))) return false;
  const trades = (await running.get<Items<{ trade: { instrument: string } }>>("/positions")).items;
  const known = trades.every(({ trade }) => held.has(trade.instrument)) && trades.length === held.size;
  return known && (await everyPositionProtected(running));
}

/** Everything is closed, here and there, and nothing stands in the book. */
export async function endFlat(running: Running, waitMs?: number): Promise<void> {
  await until(
    "flat",
    async () => {
      await running.post("/positions/flatten", { reason: "from flat", instruments: ALL });
      return (await heldHere(running)).size === 0 && (await openPositions(running)).length === 0;
    },
    waitMs,
  );
  await until("our books flat", () => booksFlat(running), waitMs);
  await until("no order outlives its position", async () => (await openOrders(running)).length === 0, waitMs);
}
