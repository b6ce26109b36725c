/** The strategy engine's parts on a virtual clock and real embedded stores, with a router that tests script. */
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { onnxInference } from "../../shared/adapters/onnx.ts";
import { programRunner } from "../../shared/adapters/programs.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit, put } from "../../shared/changes.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { Intent, OrderAnswer } from "../../shared/domain/order.ts";
import type { Trade } from "../../shared/domain/trade.ts";
import type { Collection, Inference, ServiceId } from "../../shared/kit/ports.ts";
import { type Shard, WHOLE } from "../../shared/kit/shard.ts";
import { opsEvents } from "../../shared/streams.ts";
import { featuresWith, listingOf, NOON, signalWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { AccountBook } from "./account-book.ts";
import { Inquiries } from "./inquiries.ts";
import { ModelDesk } from "./model-desk.ts";
import { type PausePorts, Pauses } from "./pauses.ts";
import { ProgramDesk } from "./program-desk.ts";
import { Strategist, type StrategistParts } from "./strategist.ts";
import { Surroundings } from "./surroundings.ts";
import { WriteBehind } from "./write-behind.ts";

/** S11 may be silent for so long. */
export const HEALTH_AGE_MS_MAX = 90_000;
export type Asked = Parameters<StrategistParts["placeOrder"]>[0];
type Router = (asked: Asked, tries: number) => OrderAnswer | Error;

export const answerTo = (intent: Intent, change: Partial<OrderAnswer> = {}): OrderAnswer => ({
  intent_id: intent.intent_id,
  status: "WORKING",
  order_ids: [],
  client_order_ids: [],
  filled_qty: "0",
  fills: [],
  ...change,
});

/** Another signal of the same strategy, `n` telling them apart. */
export const signalNumber = (n: number, change: Partial<Signal> = {}): Signal => ({
  ...signalWith(),
  signal_id: `signal-${n}`,
  ...change,
});

export function tradeWith(change: Partial<Trade> = {}): Trade {
  return {
    trade_id: "trade-1",
    account: "main",
    instrument: "FUT:BTCUSDT",
    strategy_id: "lean",
    side: "BUY",
    status: "ACTIVE",
    entry_qty: "0.006",
    exit_qty: "0",
    open_qty: "0.006",
    avg_entry: "60000",
    entry_cost_usdt: "360",
    exit_value_usdt: "0",
    realised_usdt: "0",
    fees_usdt: "0",
    funding_usdt: "0",
    pnl_usdt: "0",
    margin_usdt: "18",
    leverage: 20,
    stops: [],
    stage: 0,
    adds: 0,
    seq: 1,
    params: {},
    opened_at: NOON,
    config_rev: 7,
    updated_at: NOON,
    ...change,
  };
}
export const closedTrade = (id: string, pnl: string, change: Partial<Trade> = {}): Trade =>
  tradeWith({ trade_id: id, status: "CLOSED", open_qty: "0", pnl_usdt: pnl, closed_at: NOON, ...change });

interface EngineOptions {
  router?: Router;
  view?: BundleView;
  stores?: Stores;
  shard?: Shard;
  /** Why the bus takes no more risk. */
  bus?: string;
  /** In place of real models. */
  inference?: (clock: VirtualClock) => Inference;
}

/** What tests wait for themselves needs no virtual time to stand still. */
export const atOnce = { hold: <T>(work: Promise<T>): Promise<T> => work };

/** Everything of S3 but its service declaration; `router` answers each ask. */
export async function engineWith(options: EngineOptions = {}) {
  const clock = new VirtualClock(NOON);
  const stores = options.stores ?? storesOn();
  const store = stores("s03");
  const asked: Asked[] = [];
  const told: string[] = [];
  const router: Router = options.router ?? (({ intent }) => answerTo(intent));
  const book = new AccountBook(store, clock, options.shard ?? WHOLE);
  const budget = { budget_usdt: "50", used_usdt: "0", reserved_usdt: "0" };
  const surroundings = new Surroundings({
    store,
    clock,
    askBudget: async () => budget,
    healthAgeMsMax: HEALTH_AGE_MS_MAX,
  });
  const audit = (entry: Parameters<PausePorts["audit"]>[0]) =>
    emit(opsEvents, { source: "s03", ts: clock.now(), ...entry });
  const pauses = new Pauses({ store, clock, audit, alert: (_severity, code) => void told.push(code) });
  const writer = new WriteBehind({
    store,
    clock,
    waitMs: 20,
    onTrouble: (error) => void told.push(`trouble: ${error instanceof Error ? error.message : error}`),
  });
  const blobs = new MemoryBlobs(clock);
  const models = new ModelDesk({
    store,
    clock,
    blobs,
    inference: options.inference?.(clock) ?? onnxInference(atOnce),
    asked: () => {},
    troubled: (use, trouble) => void told.push(`model ${use.model_id} ${trouble}`),
  });
  const programs = new ProgramDesk({
    store,
    clock,
    // No pause of the machine changes a decision; one that is endless is stopped.
    runner: programRunner(2_000),
    troubled: (use, trouble) => void told.push(`program ${use.program_id} ${trouble}`),
  });
  const strategist = new Strategist({
    store,
    clock,
    book,
    surroundings,
    pauses,
    models,
    programs,
    writer,
    async placeOrder(request) {
      asked.push(request);
      const answer = router(request, asked.length);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    told: {
      decided: ({ decision }) => void told.push(decision.reason),
      placed: (outcome) => void told.push(`placed ${outcome}`),
      limitReached: (guard) => void told.push(`limit ${guard}`),
      failed: (what) => void told.push(`failed: ${what}`),
    },
    noEntries: () => options.bus ?? writer.behind(),
  });
  const inquiries = new Inquiries({ account: "main", store, clock, strategist, surroundings, writer });
  await write(stores, instrumentRegistry, listingOf("FUT:BTCUSDT"));
  surroundings.swap(options.view ?? viewWith());
  surroundings.latest.set("FUT:BTCUSDT", featuresWith());
  await surroundings.readKill();
  await surroundings.readBudget();
  const parts = { book, surroundings, pauses, models, programs, writer, strategist, inquiries };
  return { clock, stores, store, blobs, asked, told, ...parts };
}

export type Stores = (owner: ServiceId) => SqliteStore;
/** One store in memory for each owner, each able to read the others. */
export function storesOn(): Stores {
  const opened = new Map<ServiceId, SqliteStore>();
  const stores: Stores = (owner) => {
    const found = opened.get(owner);
    if (found) return found;
    const made = openStore({ path: ":memory:", owner, collections: COLLECTIONS, others: (other) => stores(other) });
    opened.set(owner, made);
    return made;
  };
  return stores;
}

/** What the collection's owner would have written. */
export const write = <T>(stores: Stores, collection: Collection<T>, value: T): Promise<void> =>
  stores(collection.owner).commit([put(collection, value as NoInfer<T>)]);

export const storeRevision = (stores: Stores, view: BundleView): Promise<void> =>
  write(stores, configBundles, {
    bundle_id: view.bundle_id,
    rev: view.rev,
    hash: view.hash,
    status: "ACTIVE",
    bundle: view.bundle,
    author: "test",
    created_at: NOON,
  });
