/** The paper venue: Binance's spot and USDⓈ-M interfaces over an exact exchange and a chosen market, without sockets. */
import type { InstrumentId, Market } from "../../shared/domain/instrument.ts";
import { dec } from "../../shared/domain/money.ts";
import { Exchange } from "../../shared/engine/exchange.ts";
import type { Position } from "../../shared/engine/futures.ts";
import { FUND } from "../../shared/engine/futures-state.ts";
import { Wire as DelayWire, delayMs, type Latency, NO_LATENCY } from "../../shared/engine/latency.ts";
import type { Line } from "../../shared/engine/ledger.ts";
import { defaultListings, type Listing } from "../../shared/engine/listing.ts";
import type { MatchEvent, Matcher } from "../../shared/engine/matcher.ts";
import type { VenueAlgo, VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Cancel, Clock, Random } from "../../shared/kit/ports.ts";
import { AccountEvents } from "./account-events.ts";
import { Admin } from "./admin.ts";
import { ApiSession } from "./api-session.ts";
import type { Desk } from "./binance/desk.ts";
import { Keys } from "./binance/keys.ts";
import { BINANCE_LIMITS, type LimitRules, Limits } from "./binance/limits.ts";
import { ListenKeys } from "./binance/listen-keys.ts";
import type { RestRequest, VenueAccount } from "./binance/request.ts";
import { readSocketPath, type SocketPath } from "./binance/stream-names.ts";
import { marginCall } from "./binance/um-user-data.ts";
import type { Delays } from "./delay-line.ts";
import { Faults } from "./faults.ts";
import { Feeds } from "./feeds.ts";
import { FuturesDuty } from "./futures-duty.ts";
import { Hub } from "./hub.ts";
import { type Journal, keep, memoryJournal, restore } from "./journal.ts";
import { endListening, switchKey } from "./key-switch.ts";
import { Lifetime } from "./lifetime.ts";
import type { MarketModel } from "./market.ts";
import { MarketWatch } from "./market-watch.ts";
import { PublicFacts } from "./public-facts.ts";
import { LOCAL_IP, Rest, type RestAnswer } from "./rest.ts";
import { type SessionSide, StreamSession, type Wire } from "./sessions.ts";
import { hashState } from "./state-hash.ts";
import { UserStreams } from "./user-streams.ts";

export interface VenueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly market: MarketModel;
  /** In memory when absent. */
  readonly journal?: Journal;
  readonly accounts?: readonly VenueAccount[];
  /** What may be traded, as far as the market has it. */
  readonly listings?: readonly Listing[];
  /** None when absent. */
  readonly latency?: Latency;
  /** Binance's when absent. */
  readonly limits?: LimitRules;
  /** For the admin API; made up when absent. */
  readonly adminToken?: string;
  /** Hears of failures that are our own bugs; clients see −1001. */
  readonly onBug?: (error: unknown) => void;
}

/** A session, and how to say that its client answered a ping. */
export interface OpenSession extends SessionSide {
  pong(): void;
}

export type VenueHost = "spot" | "um" | "admin";

export interface Venue {
  /** One REST request; `path` includes the query string. Resolves after the modelled latency on the clock. */
  rest(host: VenueHost, request: RestRequest): Promise<RestAnswer>;
  /** One WebSocket session; nothing for a path that does not exist, while streams are down, or for too many of an IP. */
  open(host: VenueHost, path: string, wire: Wire, ip?: string): OpenSession | undefined;
  /** Restores the journal, funds accounts that are new, starts the market, puts open orders back on their books. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when a recorded market has been played to its end; never for others. */
  readonly ended: Promise<void>;
  readonly adminToken: string;
  /** Every ledger line, order, conditional order, trade and position, as the venue knows them. */
  ledger(): Line[];
  orders(): VenueOrder[];
  algos(): VenueAlgo[];
  trades(): readonly VenueTrade[];
  positions(): Position[];
  /** SHA-256 over the canonical state: the same after a restart from the journal. */
  stateHash(): string;
  readonly exchange: Exchange;
  readonly journal: Journal;
  readonly faults: Faults;
}

export const DEFAULT_ACCOUNTS: readonly VenueAccount[] = [
  {
    account: "main",
    key: "paper-key",
    secret: "paper-secret",
    balances: { SPOT: { USDT: "10000" }, FUT: { USDT: "10000" } },
  },
];

const TICK_MS = 1_000;
const TOKEN_BYTES = 24;
const GOING_AWAY = 1001;

export function createVenue(options: VenueOptions): Venue {
  return new PaperVenue(options);
}

/** Stands in where a restored order's instrument is not in this market: nothing happens to it there. */
const NOWHERE: Matcher = {
  place: (order) => [{ kind: "done", orderId: order.id, lots: order.lots, why: "expired" }],
  cancel: () => [],
  cut: () => {},
  preview: () => [],
  best: () => undefined,
  depth: () => ({ bids: [], asks: [] }),
};

class PaperVenue implements Venue {
  readonly exchange: Exchange;
  readonly journal: Journal;
  readonly ended: Promise<void>;
  readonly adminToken: string;
  readonly faults: Faults;
  private readonly options: VenueOptions;
  private readonly latency: Latency;
  private readonly chance: Random;
  private readonly orderWire: DelayWire;
  private readonly limits: Limits;
  private readonly feeds = new Feeds(new Hub(), () => this.desk);
  private readonly users = new UserStreams();
  private readonly sessions = new Set<SessionSide>();
  private readonly listed: readonly Listing[];
  private readonly desk: Desk;
  private readonly watch: MarketWatch;
  private readonly duty: FuturesDuty;
  private readonly front: Rest;
  private readonly admin: Admin;
  private connections = 0;
  private endMarket: () => void = () => {};
  private cancelTick: Cancel | undefined;

  constructor(options: VenueOptions) {
    this.options = options;
    this.faults = new Faults(options.clock);
    this.latency = options.latency ?? NO_LATENCY;
    this.chance = options.random.fork("latency");
    this.orderWire = new DelayWire(this.latency.order);
    this.journal = options.journal ?? memoryJournal();
    this.limits = new Limits(options.limits ?? BINANCE_LIMITS);
    const listings = options.listings ?? defaultListings();
    this.listed = listings.filter((listing) => hasInstrument(options.market, listing.instrument));
    const events = new AccountEvents(
      () => this.desk,
      this.users,
      (instrument, text) => this.feeds.forceOrder(instrument, text),
    );
    const facts = new PublicFacts(() => this.desk);
    const here = new Set(this.listed.map((listing) => listing.instrument));
    this.exchange = new Exchange({
      listings,
      matcher: (instrument) => (here.has(instrument) ? options.market.matcher(instrument) : NOWHERE),
      write: (batch) => {
        const by = this.front.asking;
        this.journal.append(by === undefined ? batch : { ...batch, by });
      },
      lastPrice: (instrument) => this.watch.lastPrice(instrument),
      heard: (fact, at) => {
        events.heard(fact, at);
        facts.heard(fact, at);
      },
      flush: () => events.flush(),
    });
    const { market, clock } = options;
    this.watch = new MarketWatch({ exchange: this.exchange, market, clock, faults: this.faults });
    this.duty = new FuturesDuty({
      exchange: this.exchange,
      call: (account, positions) => this.callMargin(account, positions),
    });
    this.desk = this.makeDesk(options);
    this.front = new Rest(this.desk, this.faults, options.onBug ?? (() => {}));
    this.adminToken = options.adminToken ?? Buffer.from(this.desk.random.bytes(TOKEN_BYTES)).toString("hex");
    this.admin = this.makeAdmin();
    this.ended = new Promise((resolve) => {
      this.endMarket = resolve;
    });
  }

  private makeDesk({ market, clock, random, accounts }: VenueOptions): Desk {
    // A restart must not draw the same client ids and listen keys again, whatever the seed.
    const life = this.journal.length();
    return {
      exchange: this.exchange,
      market,
      clock,
      random: random.fork(`venue-${life}`),
      keys: new Keys(accounts ?? DEFAULT_ACCOUNTS, this.exchange.state.keysOff),
      listenKeys: new ListenKeys(random.fork(`listen-keys-${life}`)),
      endListening: (key) => key !== undefined && this.users.end(key),
      limits: this.limits,
      listed: this.listed,
      isHidden: (createdAt, at) => this.faults.hides(createdAt, at),
      lastPrice: (instrument) => this.watch.lastPrice(instrument),
      catchUp: () => this.watch.catchUp(),
      recentTrades: (instrument, limit) => this.watch.recentTrades(instrument, limit),
    };
  }

  private makeAdmin(): Admin {
    const { exchange, journal, faults, adminToken: token } = this;
    return new Admin({
      ...{ token, exchange, journal, faults, keys: this.desk.keys },
      now: this.now,
      fund: (account) => exchange.run(this.now(), () => this.fund(account)),
      switchKey: (key, on) =>
        switchKey({ ...this.desk, users: this.users, sessions: this.sessions, now: this.now }, key, on),
      dropStreams: (forMs) => this.dropStreams(forMs),
      stateHash: () => this.stateHash(),
    });
  }

  private readonly now = (): number => Math.floor(this.options.clock.now());

  async start(): Promise<void> {
    const { state } = this.exchange;
    restore(this.journal, state);
    this.exchange.run(this.now(), () => {
      this.duty.endow();
      for (const account of this.desk.keys.all()) if (!state.accounts.has(account.account)) this.fund(account);
    });
    this.options.market.start({
      frame: (instrument, stream, raw) => {
        if (stream === "trade") this.watch.traded(instrument, raw);
        this.feeds.frame(instrument, stream, raw);
      },
      wants: (instrument, stream) => stream === "trade" || this.feeds.wants(instrument, stream),
      matched: (instrument, events) => this.exchange.whenIdle(() => this.settle(instrument, events)),
      ended: () => this.endMarket(),
    });
    this.rebook();
    this.cancelTick = this.options.clock.every(TICK_MS, () => this.tick());
    this.tick();
  }

  private settle(instrument: InstrumentId, events: readonly MatchEvent[]): void {
    this.front.askedByNobody(() => this.exchange.run(this.now(), () => this.exchange.settle(instrument, events)));
  }

  private rebook(): void {
    const here = new Set(this.listed.map((listing) => listing.instrument));
    this.exchange.run(this.now(), () => this.exchange.rebook((instrument) => here.has(instrument)));
  }

  private fund({ account, balances }: VenueAccount): void {
    for (const market of ["SPOT", "FUT"] as const satisfies Market[]) {
      for (const [asset, qty] of Object.entries(balances[market] ?? {})) {
        this.exchange.move(account, market, { asset, qty: dec(qty), why: "deposit" });
      }
    }
  }

  async stop(): Promise<void> {
    this.cancelTick?.();
    this.watch.stop();
    this.options.market.stop();
    this.dropStreams(0);
    this.feeds.stop();
    this.journal.close();
  }

  private dropStreams(forMs: number): void {
    if (forMs > 0) this.faults.blackout(this.now() + forMs);
    for (const session of [...this.sessions]) session.end(GOING_AWAY, "The venue closed the stream");
  }

  /** Without a checkpoint the journal only takes more room. */
  private keepState(): void {
    try {
      keep(this.journal, this.exchange.state);
    } catch (error) {
      this.options.onBug?.(error);
    }
  }

  /** Once a second: marks and what follows from them, and listen keys that have run out. */
  private tick(): void {
    for (const listing of this.listed) if (listing.market === "FUT") this.watch.marked(listing);
    const now = this.now();
    this.exchange.run(now, () => this.duty.beat());
    this.keepState();
    for (const key of this.desk.listenKeys.expire(now)) endListening(this.users, key, now);
  }

  private callMargin(account: string, positions: readonly Position[]): void {
    if (!this.users.heard(account, "FUT")) return;
    this.users.tell(account, "FUT", marginCall(this.desk, account, { positions, at: this.now() }));
  }

  async rest(host: VenueHost, request: RestRequest): Promise<RestAnswer> {
    const { clock } = this.options;
    if (host === "admin") return this.admin.answer(request);
    // Never in the caller's stack: a client that hears an event may ask at once, while the exchange is at work.
    const lateMs = this.faults.takeDelayMs(request, "before");
    const underWayMs = this.orderWire.arrival(clock.now(), this.chance.next()) - clock.now() + lateMs;
    await (underWayMs > 0 ? clock.sleep(underWayMs) : Promise.resolve());
    const { answer, holdMs } = this.front.answer(request, this.now());
    const waitMs = delayMs(this.latency.response, this.chance.next()) + holdMs;
    if (waitMs > 0) await clock.sleep(waitMs);
    return answer;
  }

  open(host: VenueHost, path: string, wire: Wire, ip = LOCAL_IP): OpenSession | undefined {
    const now = this.now();
    const read = host === "admin" ? undefined : readSocketPath(host, path);
    if (!read || this.faults.isBlackout(now)) return undefined;
    if (!this.limits.connect(ip, now, read.kind === "ws-api" ? read.market : undefined)) return undefined;
    let lifetime: Lifetime | undefined;
    const onClosed = (session: SessionSide): void => {
      this.sessions.delete(session);
      lifetime?.end();
      line.ended();
    };
    const line = this.faults.streams.wire(read.market, wire);
    const opening = { path: read, wire: line, ip, onClosed };
    const session = read.kind === "ws-api" ? this.apiSession(opening) : this.streamSession(opening);
    this.sessions.add(session);
    lifetime = new Lifetime({ clock: this.options.clock, path: read, wire: line, session });
    return {
      message: (text) => {
        if (!line.isDead) session.message(text);
      },
      end: (code, reason) => session.end(code, reason),
      closed: () => session.closed(),
      framed: () => session.framed?.(),
      pong: () => lifetime?.pong(),
    };
  }

  /** A new connection's delays: its own draws, so that one client's traffic does not change another's. */
  private delays(direction: "order" | "feed"): Delays {
    this.connections += 1;
    const random = this.chance.fork(String(this.connections));
    return { clock: this.options.clock, random, delay: this.latency[direction] };
  }

  private apiSession({ path, wire, ip, onClosed }: Opening): SessionSide {
    const [incoming, outgoing] = [this.delays("order"), this.delays("feed")];
    const { keys, limits } = this.desk;
    const context = { rest: this.front, keys, limits, users: this.users, ip, incoming, outgoing, onClosed };
    return new ApiSession(context, path, wire);
  }

  private streamSession({ path, wire, onClosed }: Opening): SessionSide {
    const { feeds, users } = this;
    const accountOf = (key: string): string | undefined => this.desk.listenKeys.accountOf(key, this.now());
    const messagesPerSecondMax = this.limits.rules.messages[path.market];
    const context = { feeds, users, feed: this.delays("feed"), accountOf, messagesPerSecondMax };
    const session: SessionSide = new StreamSession(context, { path, wire, onClosed: () => onClosed(session) });
    return session;
  }

  stateHash(): string {
    return hashState(this.exchange.state);
  }

  ledger(): Line[] {
    return this.exchange.state.ledger.all();
  }
  orders(): VenueOrder[] {
    return [...this.exchange.state.orders.values()].filter(isOfClient);
  }
  algos(): VenueAlgo[] {
    return [...this.exchange.state.algos.values()];
  }
  trades(): readonly VenueTrade[] {
    return this.exchange.state.trades.filter(isOfClient);
  }
  positions(): Position[] {
    return [...this.exchange.state.positions.values()].filter(
      (position) => position.updated_at > 0 && isOfClient(position),
    );
  }
}

interface Opening {
  readonly path: SocketPath;
  readonly wire: Wire;
  readonly ip: string;
  onClosed(session: SessionSide): void;
}

/** The insurance fund trades too, but is nobody's account. */
const isOfClient = ({ account }: { account: string }): boolean => account !== FUND;

function hasInstrument(market: MarketModel, instrument: InstrumentId): boolean {
  try {
    market.matcher(instrument);
    return true;
  } catch {
    return false;
  }
}
