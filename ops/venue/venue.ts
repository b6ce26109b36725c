/** The paper venue: Binance's spot and USDⓈ-M interfaces over an exact exchange and a chosen market, without sockets. */
import { type InstrumentId, type Market, marketOf } from "../../shared/domain/instrument.ts";
import { type Amount, dec } from "../../shared/domain/money.ts";
import { applyFact } from "../../shared/engine/apply.ts";
import { Refusal } from "../../shared/engine/checks.ts";
import { Exchange } from "../../shared/engine/exchange.ts";
import type { Position } from "../../shared/engine/futures.ts";
import type { Line } from "../../shared/engine/ledger.ts";
import { defaultListings, type Listing } from "../../shared/engine/listing.ts";
import type { VenueAlgo, VenueOrder, VenueTrade } from "../../shared/engine/state.ts";
import type { Cancel, Clock, Random } from "../../shared/kit/ports.ts";
import { AccountEvents } from "./account-events.ts";
import { type Desk, marketMark } from "./binance/desk.ts";
import { BinanceError, errorBody, errors, refused } from "./binance/errors.ts";
import { ListenKeys } from "./binance/listen-keys.ts";
import { Keys, type ParsedRequest, parseRequest, type RestRequest, type VenueAccount } from "./binance/request.ts";
import { ROUTES } from "./binance/routes.ts";
import { readSocketPath } from "./binance/stream-names.ts";
import { Hub } from "./hub.ts";
import { type Journal, memoryJournal } from "./journal.ts";
import type { FrameStream, MarketModel } from "./market.ts";
import { type SessionSide, StreamSession, UserStreams, type Wire } from "./sessions.ts";

export interface Latency {
  /** From a client's sending to the matching engine. */
  readonly orderMs: number;
  /** From the engine back to the client. */
  readonly responseMs: number;
  /** From an event to a client's socket. */
  readonly feedMs: number;
}

export interface VenueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly market: MarketModel;
  /** In memory when absent. */
  readonly journal?: Journal;
  readonly accounts?: readonly VenueAccount[];
  readonly listings?: readonly Listing[];
  readonly latency?: Partial<Latency>;
}

export interface RestAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Venue {
  /** One REST request; `path` includes the query string. Resolves after the modelled latency on the clock. */
  rest(host: "spot" | "um", request: RestRequest): Promise<RestAnswer>;
  /** One WebSocket session; nothing for a path that does not exist. */
  open(host: "spot" | "um", path: string, wire: Wire): SessionSide | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when a recorded market has been played to its end; never for others. */
  readonly ended: Promise<void>;
  /** Every ledger line, every order, conditional order, trade and position, as the venue knows them. */
  ledger(): Line[];
  orders(): VenueOrder[];
  algos(): VenueAlgo[];
  trades(): VenueTrade[];
  positions(): Position[];
  readonly exchange: Exchange;
  readonly journal: Journal;
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

export function createVenue(options: VenueOptions): Venue {
  return new PaperVenue(options);
}

class PaperVenue implements Venue {
  readonly exchange: Exchange;
  readonly journal: Journal;
  readonly ended: Promise<void>;
  private readonly options: VenueOptions;
  private readonly latency: Latency;
  private readonly hub = new Hub();
  private readonly users = new UserStreams();
  private readonly desk: Desk;
  private readonly lastTrades = new Map<InstrumentId, string>();
  private readonly sessions = new Set<StreamSession>();
  private weight = { minute: 0, used: 0 };
  private endMarket: () => void = () => {};
  private cancelTick: Cancel | undefined;

  constructor(options: VenueOptions) {
    this.options = options;
    this.latency = { orderMs: 0, responseMs: 0, feedMs: 0, ...options.latency };
    this.journal = options.journal ?? memoryJournal();
    const events = new AccountEvents(() => this.desk, this.users);
    this.exchange = new Exchange({
      listings: options.listings ?? defaultListings(),
      matcher: (instrument) => options.market.matcher(instrument),
      write: (batch) => this.journal.append(batch),
      heard: (fact, at) => events.heard(fact, at),
      flush: () => events.flush(),
    });
    this.desk = {
      exchange: this.exchange,
      market: options.market,
      clock: options.clock,
      random: options.random.fork("venue"),
      keys: new Keys(options.accounts ?? DEFAULT_ACCOUNTS),
      listenKeys: new ListenKeys(options.random.fork("listen-keys")),
      lastPrice: (instrument) => this.lastPrice(instrument),
    };
    this.ended = new Promise((resolve) => {
      this.endMarket = resolve;
    });
  }

  private now(): number {
    return Math.floor(this.options.clock.now());
  }

  /** Restores the journal, funds accounts that are new, starts the market and puts open orders back on their books. */
  async start(): Promise<void> {
    const { state } = this.exchange;
    for (const { at, facts } of this.journal.restored) for (const fact of facts) applyFact(state, fact, at);
    this.exchange.run(this.now(), () => {
      for (const account of this.desk.keys.all()) if (!state.accounts.has(account.account)) this.fund(account);
    });
    this.options.market.start({
      frame: (instrument, stream, raw) => this.frame(instrument, stream, raw),
      wants: (instrument, stream) => stream === "trade" || this.hub.wants(instrument, stream),
      matched: (instrument, events) => this.exchange.run(this.now(), () => this.exchange.settle(instrument, events)),
      ended: () => this.endMarket(),
    });
    this.exchange.run(this.now(), () => this.exchange.rebook());
    this.cancelTick = this.options.clock.every(TICK_MS, () => this.tick());
    this.tick();
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
    this.options.market.stop();
    for (const session of [...this.sessions]) session.end(1001, "The venue is stopping");
    this.journal.close();
  }

  private frame(instrument: InstrumentId, stream: FrameStream, raw: string): void {
    if (stream === "trade") this.lastTrades.set(instrument, raw);
    this.hub.publish(instrument, stream, raw);
  }

  private lastPrice(instrument: InstrumentId): Amount | undefined {
    const raw = this.lastTrades.get(instrument);
    return raw === undefined ? undefined : dec((JSON.parse(raw) as { p: string }).p);
  }

  /** Once a second: marks. */
  private tick(): void {
    for (const listing of this.exchange.state.listings.values()) {
      if (marketOf(listing.instrument) !== "FUT" || !this.has(listing.instrument)) continue;
      const mark = marketMark(this.options.market, listing);
      if (mark !== undefined) this.exchange.setMark(listing.instrument, mark);
    }
  }

  /** Whether the market has this instrument; a recording has only some. */
  private has(instrument: InstrumentId): boolean {
    try {
      this.options.market.matcher(instrument);
      return true;
    } catch {
      return false;
    }
  }

  async rest(host: "spot" | "um", request: RestRequest): Promise<RestAnswer> {
    const { clock } = this.options;
    // Never in the caller's stack: a client that hears an event may ask at once, while the exchange is at work.
    await (this.latency.orderMs > 0 ? clock.sleep(this.latency.orderMs) : Promise.resolve());
    const answer = this.answer(host, request);
    if (this.latency.responseMs > 0) await clock.sleep(this.latency.responseMs);
    return answer;
  }

  private answer(_host: "spot" | "um", request: RestRequest): RestAnswer {
    const market: Market = request.path.startsWith("/fapi") ? "FUT" : "SPOT";
    const headers: Record<string, string> = { "content-type": "application/json;charset=UTF-8" };
    try {
      const parsed = parseRequest(request);
      const result = this.route(parsed, headers);
      return { status: 200, headers, body: typeof result === "string" ? result : JSON.stringify(result) };
    } catch (error) {
      const said = asBinanceError(error, market);
      return { status: said.status, headers, body: errorBody(said) };
    }
  }

  private route(request: ParsedRequest, headers: Record<string, string>): unknown {
    const route = ROUTES[request.route];
    if (!route) {
      const [method = "", path = ""] = request.route.split(" ", 2);
      throw errors.path(method, path);
    }
    const now = this.now();
    headers["x-mbx-used-weight-1m"] = String(this.spend(route.weight, now));
    let account = "";
    if (route.security === "key") account = this.desk.keys.ofKey(request.apiKey).account;
    if (route.security === "signed") account = this.desk.keys.signed(request, now).account;
    return route.run({ desk: this.desk, params: request.params, account, now });
  }

  private spend(weight: number, now: number): number {
    const minute = Math.floor(now / 60_000);
    if (this.weight.minute !== minute) this.weight = { minute, used: 0 };
    this.weight.used += weight;
    return this.weight.used;
  }

  open(host: "spot" | "um", path: string, wire: Wire): SessionSide | undefined {
    const read = readSocketPath(host, path);
    if (read?.kind !== "streams") return undefined;
    const context = {
      hub: this.hub,
      clock: this.options.clock,
      feedDelayMs: this.latency.feedMs,
      accountOf: (key: string) => this.desk.listenKeys.accountOf(key, this.now()),
    };
    const session = new StreamSession(context, this.users, { path: read, wire });
    this.sessions.add(session);
    return session;
  }

  ledger(): Line[] {
    return this.exchange.state.ledger.all();
  }
  orders(): VenueOrder[] {
    return [...this.exchange.state.orders.values()];
  }
  algos(): VenueAlgo[] {
    return [...this.exchange.state.algos.values()];
  }
  trades(): VenueTrade[] {
    return this.exchange.state.trades;
  }
  positions(): Position[] {
    return [...this.exchange.state.positions.values()].filter((position) => position.updated_at > 0);
  }
}

/** Any failure in Binance's form; what we do not know is −1001 with 503, which says that the outcome is unknown. */
function asBinanceError(error: unknown, market: Market): BinanceError {
  if (error instanceof BinanceError) return error;
  if (error instanceof Refusal) return refused(error.why, market);
  return errors.disconnected();
}
