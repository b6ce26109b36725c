/** The seeded market of order-placing agents: the same seed on the same clock gives the same market, to the trade. */
import { type InstrumentId, instrumentOf } from "../../shared/domain/instrument.ts";
import { toNumber } from "../../shared/domain/money.ts";
import type { Listing } from "../../shared/engine/listing.ts";
import type { Matcher } from "../../shared/engine/matcher.ts";
import { refuse } from "../../shared/errors.ts";
import type { Cancel, Clock, Random } from "../../shared/kit/ports.ts";
import { Floor } from "./agent-floor.ts";
import { Closer, Crowd, DEEP, Maker, type Scene, STEADY, TIGHT } from "./agent-makers.ts";
import { Follower, Informed, Many, MOMENTUM, REVERSION, Sweeper } from "./agent-takers.ts";
import { World } from "./agent-world.ts";
import { printOf } from "./frames.ts";
import { generateHistory } from "./history.ts";
import { type History, lastClose, placeHistory } from "./kline-files.ts";
import type { Bar } from "./klines.ts";
import type { KlineQuery, MarketHooks, MarketModel } from "./market.ts";
import { Premium } from "./premium.ts";
import { nextFundingAt, TAPE_PERIOD_MS } from "./tape.ts";

/** Where a market begins that has no past, in USDT. */
const FIRST_PRICES: Readonly<Record<string, number>> = { BTC: 60_000, ETH: 2_600 };
const FIRST_PRICE_OF_OTHERS = 100;
const DEPTH_PERIOD_MS = 100;
const SECOND_MS = 1000;
/** Between two turns of an instrument's agents. */
const TURN_MS_MEAN = 60;
const TURN_MS_MIN = 5;
const TURN_MS_MAX = 200;
/** Makers follow the value once it is further away than this, in basis points: at least, and more on average. */
const STEP_BPS_MIN = 0.3;
const STEP_BPS_MORE = 0.6;
/** The order of agents within a turn: who sees a stale offer first takes it. */
interface Agent {
  act(scene: Scene): void;
}

interface Room {
  readonly listing: Listing;
  readonly floor: Floor;
  readonly agents: readonly Agent[];
  readonly random: Random;
  readonly tick: number;
  /** USDT of one lot at one tick of price. */
  readonly unitUsdt: number;
  readonly premium: Premium;
  at: number;
  /** What makers quote around, USDT, and how far the value may go from it before they follow, basis points. */
  seen: number;
  patienceBps: number;
  cancel: Cancel;
}

export interface AgentsOptions {
  clock: Clock;
  /** Seeded: it decides everything that the clock does not. */
  random: Random;
  listings: readonly Listing[];
  /** Last prices in USDT by instrument or base asset, where the market goes on; others begin at a default. */
  prices?: ReadonlyMap<string, number>;
  /** Bars from before the start, by instrument; others' are generated. Where one ends, its price begins. */
  history?: ReadonlyMap<InstrumentId, History>;
}

export class AgentsMarket implements MarketModel {
  readonly assumed: readonly string[];
  private readonly history: ReadonlyMap<InstrumentId, History>;
  private readonly clock: Clock;
  private readonly seed: Random;
  private readonly world: World;
  private readonly rooms = new Map<InstrumentId, Room>();
  private cancels: Cancel[] = [];

  constructor({ clock, random, listings, prices = new Map(), history = new Map() }: AgentsOptions) {
    this.clock = clock;
    this.seed = random;
    this.history = history;
    const from = history.size === 0 ? "generated" : `from files, moved to end at the start: ${[...history.keys()]}`;
    this.assumed = ["market=agents", `history before the start=${from}`, "funding=premium over the spot book"];
    const ends = listings.flatMap(({ instrument, tick }): [InstrumentId, number][] => {
      const known = history.get(instrument);
      return known ? [[instrument, lastClose(known) * toNumber(tick)]] : [];
    });
    const begun = new Map([...prices, ...ends]);
    const bases = new Map(listings.map(({ base }) => [base, firstPrice(base, begun)]));
    this.world = new World(random, clock.now(), bases);
    for (const listing of listings) this.rooms.set(listing.instrument, this.furnish(listing));
  }

  /** Last prices in USDT by instrument: what `prices` takes after a restart. */
  prices(): Map<InstrumentId, number> {
    const prices = new Map<InstrumentId, number>();
    for (const [instrument, { tick }] of this.rooms) {
      const ticks = this.mark(instrument);
      if (ticks !== undefined) prices.set(instrument, ticks * tick);
    }
    return prices;
  }

  matcher(instrument: InstrumentId): Matcher {
    return this.room(instrument).floor;
  }

  start(hooks: MarketHooks): void {
    const now = this.clock.now();
    for (const room of this.rooms.values()) {
      const { floor, listing } = room;
      const price = this.world.value(listing.base, listing.market);
      const known = this.history.get(listing.instrument);
      if (known && floor.tape.klines.isEmpty) placeHistory(floor.tape.klines, known, now);
      if (floor.tape.klines.isEmpty) generateHistory(floor.tape.klines, { seed: this.seed, listing, price, now });
      floor.open(hooks);
      room.at = now;
      this.await(room);
    }
    this.cancels = [
      this.clock.every(DEPTH_PERIOD_MS, () => {
        for (const { floor } of this.rooms.values()) floor.tellDepth();
      }),
      this.clock.every(TAPE_PERIOD_MS, () => this.beat()),
    ];
  }

  /** What everybody thinks an asset is worth moves by so many basis points at once, as news would have it. */
  surprise(base: string, bps: number): void {
    this.world.shift(base, bps);
  }

  stop(): void {
    for (const cancel of this.cancels) cancel();
    for (const room of this.rooms.values()) {
      room.cancel();
      room.floor.close();
    }
  }

  klines(instrument: InstrumentId, timeframe: string, query: KlineQuery): Bar[] {
    const { klines } = this.room(instrument).floor.tape;
    klines.advance(this.clock.now());
    return klines.query(timeframe, query);
  }

  mark(instrument: InstrumentId): number | undefined {
    const { floor } = this.room(instrument);
    const best = floor.best();
    return best === undefined ? floor.lastTicks : (best.bidTicks + best.askTicks) / 2;
  }

  funding(instrument: InstrumentId): { rate: number; nextAt: number } {
    return { rate: this.room(instrument).premium.rate(), nextAt: nextFundingAt(this.clock.now()) };
  }

  /** The spot price of the same base, in ticks of the future; nothing without one. */
  private index({ listing, tick }: Room): number | undefined {
    const spot = this.rooms.get(instrumentOf("SPOT", listing.symbol));
    const ticks = spot && this.mark(spot.listing.instrument);
    return spot === undefined || ticks === undefined ? undefined : (ticks * spot.tick) / tick;
  }

  sequence(instrument: InstrumentId): number {
    return this.room(instrument).floor.sequence;
  }

  private room(instrument: InstrumentId): Room {
    return this.rooms.get(instrument) ?? refuse("INSTRUMENT_DISABLED", `There is no market of ${instrument}`);
  }

  private furnish(listing: Listing): Room {
    const random = this.seed.fork(listing.instrument);
    const tick = toNumber(listing.tick);
    const unitUsdt = tick * toNumber(listing.step);
    const floor = new Floor(
      printOf(listing),
      () => this.clock.now(),
      ({ ticks, lots, buyerIsTaker }) =>
        this.world.push(listing.base, ticks * lots * unitUsdt * (buyerIsTaker ? 1 : -1)),
    );
    const makers = [
      new Maker(TIGHT, random),
      new Maker(TIGHT, random),
      new Maker(STEADY, random),
      new Maker(DEEP, random),
    ];
    const takers = [
      new Informed(random),
      new Many(random),
      new Sweeper(random),
      new Follower(MOMENTUM, random),
      new Follower(REVERSION, random),
    ];
    const agents = [...takers, ...makers, new Closer(random), new Crowd(random)];
    const at = this.clock.now();
    const sight = { seen: this.world.value(listing.base, listing.market), patienceBps: STEP_BPS_MIN };
    const terms = { listing, floor, agents, random, tick, unitUsdt };
    const room = { ...terms, premium: new Premium(), at, ...sight, cancel: () => {} };
    // The book must stand before the first client asks for it.
    const scene = this.scene(room, 60);
    for (const agent of makers) agent.act(scene);
    return room;
  }

  private await(room: Room): void {
    const wait = -TURN_MS_MEAN * Math.log(1 - room.random.next());
    const turn = () => this.turn(room);
    room.cancel = this.clock.after(Math.min(TURN_MS_MAX, TURN_MS_MIN + wait), turn, room.listing.instrument);
  }

  private turn(room: Room): void {
    const now = this.clock.now();
    this.world.advance(now);
    this.look(room);
    const scene = this.scene(room, Math.max(0, now - room.at) / 1000);
    room.at = now;
    for (const agent of room.agents) agent.act(scene);
    room.floor.tellBest();
    this.await(room);
  }

  private look(room: Room): void {
    const value = this.world.value(room.listing.base, room.listing.market);
    if (Math.abs(value / room.seen - 1) * 1e4 < room.patienceBps) return;
    room.seen = value;
    room.patienceBps = STEP_BPS_MIN - STEP_BPS_MORE * Math.log(1 - room.random.next());
  }

  private scene({ floor, listing, tick, unitUsdt, seen }: Room, seconds: number): Scene {
    const value = this.world.value(listing.base, listing.market) / tick;
    return {
      floor,
      value,
      seen: seen / tick,
      pull: this.world.pull(listing.base),
      heat: this.world.heat(listing.base),
      seconds,
      now: this.clock.now(),
      lots: (usdt) => Math.max(1, Math.round(usdt / (value * unitUsdt))),
    };
  }

  private beat(): void {
    const now = this.clock.now();
    const onSecond = Math.round(now / TAPE_PERIOD_MS) % (SECOND_MS / TAPE_PERIOD_MS) === 0;
    for (const room of this.rooms.values()) {
      const { floor, listing, premium } = room;
      const ticks = listing.market === "FUT" ? this.mark(listing.instrument) : undefined;
      const index = ticks === undefined ? undefined : this.index(room);
      if (onSecond && ticks !== undefined && index !== undefined) premium.add(nextFundingAt(now), ticks / index - 1);
      const mark = ticks === undefined ? undefined : { ticks, index, ...this.funding(listing.instrument) };
      floor.tape.beat(now, now, mark);
    }
  }
}

/** The future's price before the spot's, since most clients trade that. */
function firstPrice(base: string, prices: ReadonlyMap<string, number>): number {
  const known = [instrumentOf("FUT", `${base}USDT`), instrumentOf("SPOT", `${base}USDT`), base];
  const price = known.map((name) => prices.get(name)).find((value) => value !== undefined && value > 0);
  return price ?? FIRST_PRICES[base] ?? FIRST_PRICE_OF_OTHERS;
}
