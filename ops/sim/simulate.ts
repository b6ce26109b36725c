/** Runs the whole system over a market on the virtual clock, watches the invariants, and sums up what happened. */

import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { fills, intents, orders } from "../../shared/collections/orders.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { trades } from "../../shared/collections/trades.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { dec, show, sum } from "../../shared/domain/money.ts";
import { ASSUMED_LATENCY, type Latency } from "../../shared/engine/latency.ts";
import { assert } from "../../shared/errors.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Clock, Collection, Random, ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Service } from "../../shared/kit/service.ts";
import type { Spans } from "../../shared/kit/spans.ts";
import { FaultyStores } from "../../shared/testing/store-faults.ts";
import { type SimWorld, simulatedWorld } from "../../shared/testing/world.ts";
import { loadServices } from "../services.ts";
import type { MarketModel } from "../venue/market.ts";
import { venueNet } from "../venue/memory-net.ts";
import { createVenue, type Venue } from "../venue/venue.ts";
import { createEquity, type EquityCurve, gain } from "./equity.ts";
import { createInvariants, type Verdict } from "./invariants.ts";
import { createLives, type Lives, type Step } from "./lives.ts";
import { readAll } from "./pages.ts";
import { startTally, type Tally } from "./tally.ts";

/** A recording begins when the services have come up, as it does in a free-running installation. */
const LEAD_MS = 2_000;
/** After the market has ended, this long is given for what is under way to settle. */
const SETTLE_MS = 3_000;
const WATCH_MS = 1_000;

export interface SimulationOptions {
  seed: number | string;
  /** Makes the market; its clock begins at `startsAt`, when it names one. */
  market(clock: Clock, random: Random): Promise<MarketModel & { startsAt?: number }>;
  /** Epoch ms at which markets without a beginning begin. */
  startsAt?: number;
  /** How long messages are under way; `ASSUMED_LATENCY` when absent. */
  latency?: Latency;
  /** How long to run a market without an end, ms. */
  durationMs?: number;
  bundleText?: string;
  env?: Record<string, string | undefined>;
  onLog?(line: string): void;
  onProgress?(clock: Clock): void;
  freeze?: boolean;
  /** Who collects what is done for which trace. */
  spans?: Spans;
  /** Makes `crash`, `kill` and `onStep` possible, at some cost per call. */
  canCrash?: boolean;
  /** Makes `stores.set` possible, at some cost per call. */
  storeTroubles?: boolean;
  /** Others in place of some services. */
  services?(all: readonly Service[]): Service[];
  /** False while the venue cannot be reached: how long positions stand unprotected does not count then. */
  isReachable?(venue: Venue): boolean;
}

export interface Summary {
  events: number;
  features: number;
  signals: number;
  decisions: { open: number; skip: Record<string, number> };
  orders: number;
  fills: number;
  /** Closed trades; `open_trades` are those still on at the end. */
  trades: number;
  open_trades: number;
  pnl_usdt: string;
  fees_usdt: string;
  max_drawdown: number;
  assumed: readonly string[];
  invariants: Verdict;
  errors: string[];
  state_hash: string;
  virtual_ms: number;
  wall_ms: number;
}

export interface Simulation {
  clock: VirtualClock;
  world: SimWorld;
  venue: Venue;
  market: MarketModel;
  services: Constellation;
  stores: FaultyStores;
  tally: Tally;
  /** Ends all services at once, in the middle of whatever they do, and starts them anew on the same stores. */
  crash(): void;
  /** Ends these in the middle of whatever they do; they are started anew `downMs` later. */
  kill(ids: readonly ServiceId[], downMs: number): void;
  /** Hears of every step that a service takes at a port, and may end services there. */
  onStep(hear: (step: Step) => void): void;
  /** Plays the market to its end, or for `durationMs`. */
  play(): Promise<void>;
  /** Plays on for so long. */
  advance(ms: number): Promise<void>;
  summary(): Promise<Summary>;
}

export async function openSimulation(options: SimulationOptions): Promise<Simulation> {
  const wallStart = performance.now();
  const clock = new VirtualClock(0);
  const market = await options.market(clock, seededRandom(`market ${options.seed}`));
  const frames = countFrames(market);
  const startsAt = market.startsAt ?? options.startsAt ?? Date.UTC(2026, 0, 1);
  await clock.run(market.startsAt === undefined ? startsAt : startsAt - LEAD_MS);
  const venue = createVenue({
    clock,
    random: seededRandom(`venue ${options.seed}`),
    market,
    latency: options.latency ?? ASSUMED_LATENCY,
  });
  const { world, stores } = worldOf(options, clock, venue);
  const all = await loadServices();
  const services = options.services?.(all) ?? all;
  const ids = services.map(({ id }) => id);
  let failure: unknown;
  const failed = (error: unknown) => {
    failure = error;
  };
  const lives = options.canCrash ? await createLives(services, world, failed) : undefined;
  const running = lives ?? (await constellation(services, ids, world));
  const mayCrash = (): Lives => {
    assert(lives, "opened with canCrash");
    return lives;
  };
  const tally = startTally(world.bus);
  const invariants = createInvariants({
    venue,
    clock,
    store: (owner) => world.store(owner),
    isReachable: () => options.isReachable?.(venue) ?? true,
  });
  const equity = createEquity(venue, market);

  let ended = false;
  const started = (async () => {
    await venue.start();
    void venue.ended.then(() => {
      ended = true;
    });
    await running.start();
  })();
  started.catch(failed);
  clock.every(WATCH_MS, () => {
    invariants.watch();
    equity.sample();
    options.onProgress?.(clock);
  });

  async function run(until: number | (() => boolean)): Promise<void> {
    await clock.run(typeof until === "number" ? until : () => failure !== undefined || until());
    if (failure !== undefined) throw failure;
  }
  return {
    clock,
    world,
    venue,
    market,
    services: running,
    stores,
    tally,
    crash: () => mayCrash().kill(ids, 0),
    kill: (some, downMs) => mayCrash().kill(some, downMs),
    onStep(hear) {
      mayCrash().onStep = hear;
    },
    advance: (ms) => run(clock.now() + ms),
    async play() {
      const { durationMs } = options;
      await (durationMs === undefined ? run(() => ended) : run(startsAt + durationMs));
      await run(clock.now() + SETTLE_MS);
    },
    async summary() {
      await untilQuiet({ venue, store: world.store("s04"), pass: (ms) => run(clock.now() + ms) });
      const parts = { world, venue, tally, equity, market, frames, startsAt, clock };
      return summarise(parts, await invariants.judge(), performance.now() - wallStart);
    },
  };
}

function worldOf(options: SimulationOptions, clock: VirtualClock, venue: Venue) {
  const whole = simulatedWorld({
    clock,
    net: venueNet(venue, clock),
    seed: options.seed,
    env: { CHIMERA_BUNDLE_TEXT: options.bundleText ?? "", CHIMERA_RECORD_FRAMES: "false", ...options.env },
    ...(options.onLog && { onLog: options.onLog }),
    freeze: options.freeze ?? false,
    ...(options.spans && { spans: options.spans }),
  });
  const stores = new FaultyStores(clock, whole.store);
  return { stores, world: options.storeTroubles ? { ...whole, store: stores.open } : whole };
}

/** A market that never ends is judged at a moment when no news of a trade is on its way; 5 s is ample to find one. */
async function untilQuiet(parts: { venue: Venue; store: Store; pass(ms: number): Promise<void> }): Promise<void> {
  for (let step = 0; step < 200; step++) {
    const heard = await parts.store.count(fills);
    const asked = await parts.store.count(orders, { status: "PENDING" });
    if (asked === 0 && heard === parts.venue.trades().length) return;
    await parts.pass(25);
  }
}

interface Parts {
  world: SimWorld;
  venue: Venue;
  tally: Tally;
  equity: EquityCurve;
  market: MarketModel;
  frames: { count: number };
  startsAt: number;
  clock: Clock;
}

async function summarise(parts: Parts, invariants: Verdict, wallMs: number): Promise<Summary> {
  const { world, tally, equity, market, venue, startsAt, clock } = parts;
  equity.sample();
  const closed = await readAll(world.store("s06"), trades);
  const done = closed.filter((trade) => trade.status === "CLOSED");
  const allFills = await readAll(world.store("s04"), fills);
  return {
    events: parts.frames.count,
    features: tally.features,
    signals: tally.signals,
    decisions: { open: tally.open, skip: tally.skip },
    orders: tally.orders.size,
    fills: tally.fills.size,
    trades: done.length,
    open_trades: closed.filter((trade) => trade.status === "ACTIVE" || trade.status === "PENDING_CLOSING").length,
    pnl_usdt: show(gain(equity)),
    fees_usdt: show(sum(allFills.map((fill) => dec(fill.fee_usdt)))),
    max_drawdown: equity.drawdownMax(),
    assumed: market.assumed,
    invariants,
    errors: world.errors,
    state_hash: await stateHash(world, venue),
    virtual_ms: Math.round(clock.now() - startsAt),
    wall_ms: Math.round(wallMs),
  };
}

/** Counts what the market says from its start on. */
function countFrames(market: MarketModel): { count: number } {
  const frames = { count: 0 };
  const start = market.start.bind(market);
  market.start = (hooks) =>
    start({
      ...hooks,
      frame(...args) {
        frames.count++;
        hooks.frame(...args);
      },
    });
  return frames;
}

const HASHED: readonly [ServiceId, Collection<unknown>][] = [
  ["s02", signalsSeen as Collection<unknown>],
  ["s03", decisionsMade as Collection<unknown>],
  ["s04", intents as Collection<unknown>],
  ["s04", orders as Collection<unknown>],
  ["s04", fills as Collection<unknown>],
  ["s06", trades as Collection<unknown>],
];

/** SHA-256 over canonical JSON of the venue's journal and of what the services keep, in key order. */
async function stateHash(world: SimWorld, venue: Venue): Promise<string> {
  const kept = await Promise.all(HASHED.map(([owner, collection]) => readAll(world.store(owner), collection)));
  const ledger = venue.ledger().map((line) => ({ ...line, amount: String(line.amount) }));
  return canonicalHash({ journal: venue.journal.head(), ledger, kept });
}
