/** Market data through ccxt: a loop for each book and each tape, by stream where the exchange has one, else by asking. */
import { type InstrumentId, type Market, marketOf } from "../../../shared/domain/instrument.ts";
import type { Level } from "../../../shared/domain/market.ts";
import { dec } from "../../../shared/domain/money.ts";
import type { Surroundings } from "../types.ts";
import type { VenueMarket, VenuePorts } from "../venue-port.ts";
import { openClient } from "./client.ts";
import type { Lines } from "./orders.ts";
import { type Known, qtyOf, textOf } from "./symbols.ts";
import type { CcxtBook, CcxtClient, CcxtTrade, Numeric } from "./unified.ts";

const LEVELS = 20;
const BOOK_POLL_MS = 1_000;
const TRADES_POLL_MS = 2_000;
const FUNDING_POLL_MS = 5_000;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 30_000;
const IDS_MAX = 2_000;
/** A book that stays crossed for so many updates has lost one. */
const CROSSED_MAX = 20;

interface Track {
  readonly known: Known;
  readonly market: Market;
  running: boolean;
  heardAt: number;
  whole: boolean;
  seq: number;
  top: string;
  crossed: number;
  readonly seen: Set<string>;
  mark: string | undefined;
}

export class CcxtMarketData implements VenueMarket {
  private readonly around: Surroundings;
  private readonly lines: Lines;
  private readonly ports: Pick<VenuePorts, "listed" | "outlet">;
  private readonly clients = new Map<Market, Promise<CcxtClient>>();
  private readonly tracks = new Map<InstrumentId, Track>();
  private readonly counts: Record<Market, Map<string, number>> = { SPOT: new Map(), FUT: new Map() };
  private wanted: readonly InstrumentId[] = [];

  constructor(around: Surroundings, lines: Lines, ports: Pick<VenuePorts, "listed" | "outlet">) {
    this.around = around;
    this.lines = lines;
    this.ports = ports;
  }

  follow(instruments: readonly InstrumentId[]): void {
    this.wanted = instruments;
    this.apply();
  }

  apply(): void {
    for (const [instrument, track] of this.tracks) {
      if (this.wanted.includes(instrument)) continue;
      track.running = false;
      this.tracks.delete(instrument);
    }
    for (const instrument of this.wanted) {
      const market = marketOf(instrument);
      const known = this.ports.listed(instrument) && this.lines[market].symbols.get(instrument);
      if (known && !this.tracks.has(instrument)) this.begin(market, known);
    }
  }

  trouble(): string | undefined {
    const now = this.around.clock.mono();
    const words = this.wanted.flatMap((instrument) => {
      const track = this.tracks.get(instrument);
      if (!track) return `${instrument} is not listed`;
      if (track.heardAt < 0) return `${instrument} has no data yet`;
      const age = now - track.heardAt;
      if (age > this.around.settings.marketAgeMsMax) return `${instrument} is ${Math.round(age)} ms old`;
      return track.whole ? [] : `${instrument} has no whole book`;
    });
    return words.length === 0 ? undefined : words.join(", ");
  }

  mark(instrument: InstrumentId): string | undefined {
    return this.tracks.get(instrument)?.mark;
  }

  measure(): void {
    const { meters, clock } = this.around;
    for (const market of ["SPOT", "FUT"] as const) {
      for (const [kind, count] of this.counts[market]) meters.frames.inc({ market, kind }, count);
      this.counts[market].clear();
    }
    // The age of one that is followed no longer would stay as it was for ever.
    meters.marketAgeMs.forget();
    for (const [instrument, { heardAt }] of this.tracks) {
      if (heardAt >= 0) meters.marketAgeMs.set(clock.mono() - heardAt, { instrument });
    }
  }

  stop(): void {
    for (const track of this.tracks.values()) track.running = false;
    for (const client of this.clients.values()) {
      client.then((each) => each.close()).catch((error) => this.around.log.debug("Close", { error: String(error) }));
    }
    this.tracks.clear();
  }

  private begin(market: Market, known: Known): void {
    const track: Track = {
      ...{ known, market, running: true, heardAt: -1, whole: false, seq: 0, top: "", crossed: 0 },
      ...{ seen: new Set<string>(), mark: undefined },
    };
    this.tracks.set(known.instrument, track);
    const { symbol } = known;
    const has = (client: CcxtClient, name: string) => this.around.settings.ccxtStreams && client.has[name] === true;
    this.loop(track, async (client) => {
      const isStreamed = has(client, "watchOrderBook");
      if (!isStreamed && track.seq > 0) await this.around.clock.sleep(BOOK_POLL_MS);
      const book = isStreamed ? await client.watchOrderBook(symbol) : await client.fetchOrderBook(symbol, LEVELS);
      if (!isStreamed || book.bids.length > 0) this.takeBook(track, client, book);
    });
    this.loop(track, async (client) => {
      if (has(client, "watchTrades")) return this.takeTrades(track, await client.watchTrades(symbol));
      await this.around.clock.sleep(TRADES_POLL_MS);
      this.takeTrades(track, await client.fetchTrades(symbol));
    });
    if (market === "FUT") this.loop(track, (client) => this.askFunding(track, client), { isAside: true });
  }

  /** Again and again until the instrument is followed no more, with growing waits after failures. */
  private loop(
    track: Track,
    once: (client: CcxtClient) => Promise<unknown>,
    { isAside = false }: { isAside?: boolean } = {},
  ): void {
    const { clock, log, meters } = this.around;
    const { instrument } = track.known;
    const run = async () => {
      for (let failures = 0; track.running; ) {
        try {
          await once(await this.client(track.market));
          failures = 0;
        } catch (error) {
          if (!track.running) return;
          log.warn("Market data lost", { instrument, error: String(error).slice(0, 200) });
          if (!isAside) {
            meters.reconnects.inc({ socket: `ccxt-${track.market.toLowerCase()}` });
            this.lose(track);
          }
          await clock.sleep(Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(failures++, 10)));
        }
      }
    };
    run().catch((error) => log.error("Market data ended", { instrument, error: String(error) }));
  }

  /** Books are floats in ccxt, so they have clients of their own; a float prints as the decimal it was read from. */
  private client(market: Market): Promise<CcxtClient> {
    const known = this.clients.get(market);
    if (known) return known;
    const opening = (async () => {
      const client = await openClient(this.around, this.lines[market].bridge, { market, floats: true });
      await client.loadMarkets();
      return client;
    })();
    this.clients.set(market, opening);
    opening.catch(() => this.clients.delete(market));
    return opening;
  }

  private takeBook(track: Track, client: CcxtClient, book: CcxtBook): void {
    if (!track.running) return;
    this.count(track, "depth");
    const { clock } = this.around;
    const { known } = track;
    const [bids, asks] = [levelsOf(known, book.bids), levelsOf(known, book.asks)];
    const [bid, ask] = [bids[0], asks[0]];
    if (!bid || !ask || dec(bid[0]) >= dec(ask[0])) {
      this.lose(track);
      track.crossed++;
      if (track.crossed >= CROSSED_MAX) {
        track.crossed = 0;
        // It is built anew from a snapshot on the next connection.
        client.close().catch(() => undefined);
      }
      return;
    }
    track.crossed = 0;
    track.whole = true;
    const ts = clock.now();
    const stamp = { instrument: known.instrument, exch_ts: book.timestamp ?? ts, ts, seq: ++track.seq };
    const { outlet } = this.ports;
    const top = `${bid.join(" ")} ${ask.join(" ")}`;
    if (top !== track.top) {
      track.top = top;
      outlet.ticker({ ...stamp, bid: bid[0], bid_qty: bid[1], ask: ask[0], ask_qty: ask[1] });
    }
    outlet.depth({ ...stamp, ok: true, bids, asks });
  }

  private takeTrades(track: Track, trades: readonly CcxtTrade[]): void {
    if (!track.running) return;
    const ts = this.around.clock.now();
    const { known, seen } = track;
    for (const { id, price, amount, side, timestamp } of trades) {
      const text = textOf(price);
      if (text === undefined || id === undefined || seen.has(id)) continue;
      seen.add(id);
      const oldest = seen.values().next().value;
      if (seen.size > IDS_MAX && oldest !== undefined) seen.delete(oldest);
      this.count(track, "trade");
      const what = { trade_id: id, price: text, qty: qtyOf(known, amount) };
      const taker = side === "sell" ? "SELL" : "BUY";
      this.ports.outlet.trade({ instrument: known.instrument, exch_ts: timestamp ?? ts, ts, ...what, taker });
    }
  }

  private async askFunding(track: Track, client: CcxtClient): Promise<void> {
    const { clock } = this.around;
    if (client.has.fetchFundingRate) {
      const row = await client.fetchFundingRate(track.known.symbol);
      const mark = textOf(row.markPrice);
      const ts = clock.now();
      if (mark !== undefined && track.running) {
        track.mark = mark;
        this.count(track, "funding");
        this.ports.outlet.funding({
          ...{ instrument: track.known.instrument, exch_ts: row.timestamp ?? ts, ts, mark },
          index: textOf(row.indexPrice) ?? mark,
          rate: Number(row.fundingRate ?? 0),
          next_funding_ts: row.fundingTimestamp ?? row.nextFundingTimestamp ?? 0,
        });
      }
    }
    await clock.sleep(FUNDING_POLL_MS);
  }

  /** Until the next whole book: decide nothing. */
  private lose(track: Track): void {
    if (!track.whole) return;
    track.whole = false;
    track.top = "";
    const { instrument } = track.known;
    const ts = this.around.clock.now();
    this.around.meters.gaps.inc({ instrument });
    this.around.raise("WARN", "MARKET_GAP", `The book of ${instrument} was lost`, "Building it anew");
    this.ports.outlet.depth({ instrument, exch_ts: ts, ts, seq: ++track.seq, ok: false, bids: [], asks: [] });
  }

  private count(track: Track, kind: string): void {
    track.heardAt = this.around.clock.mono();
    const counts = this.counts[track.market];
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
}

function levelsOf(known: Known, rows: readonly (readonly Numeric[])[]): Level[] {
  return rows.slice(0, LEVELS).flatMap(([price, amount]) => {
    const text = textOf(price);
    return text === undefined ? [] : [[text, qtyOf(known, amount)] satisfies Level];
  });
}
