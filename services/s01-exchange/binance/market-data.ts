/** Binance's market data of both markets: which instruments are followed, over which connections, and where snapshots come from. */
import { type InstrumentId, type Market, marketOf, symbolOf } from "../../../shared/domain/instrument.ts";
import { hostsOf } from "../hosts.ts";
import type { Listed, Surroundings } from "../types.ts";
import type { VenueMarket, VenuePorts } from "../venue-port.ts";
import { MarketFeed, type Snapshot } from "./market-feed.ts";
import { MarketSocket } from "./market-socket.ts";
import type { Rest } from "./rest.ts";

const SNAPSHOT_LEVELS = 1_000;

export interface MarketPorts extends Pick<VenuePorts, "listed" | "doubt" | "outlet" | "record"> {
  readonly rests: Readonly<Record<Market, Rest>>;
}

export class MarketData implements VenueMarket {
  private readonly around: Surroundings;
  private readonly ports: MarketPorts;
  private readonly feeds: Record<Market, MarketFeed>;
  private readonly spot: MarketSocket;
  private readonly futBook: MarketSocket;
  private readonly futMark: MarketSocket;
  private wanted: readonly InstrumentId[] = [];

  constructor(around: Surroundings, ports: MarketPorts) {
    this.around = around;
    this.ports = ports;
    this.feeds = { SPOT: this.feed("SPOT"), FUT: this.feed("FUT") };
    const { SPOT, FUT } = this.feeds;
    const { spotWs, futWs } = hostsOf(around.settings);
    const nothing = () => {};
    this.spot = this.socket("spot", `${spotWs}/stream`, [SPOT, () => SPOT.restart()]);
    this.futBook = this.socket("fut-public", `${futWs}/public/stream`, [FUT, () => FUT.restart()]);
    // Mark prices need nothing before them, so a new connection of theirs leaves the books alone.
    this.futMark = this.socket("fut-market", `${futWs}/market/stream`, [FUT, nothing]);
  }

  /** Follows exactly these from now on, as far as the exchange lists them. */
  follow(instruments: readonly InstrumentId[]): void {
    this.wanted = instruments;
    this.apply();
  }

  /** After the listing changed, or has come at all. */
  apply(): void {
    const found = this.wanted.flatMap((instrument) => this.ports.listed(instrument) ?? []);
    const of = (market: Market) => found.filter((on) => on.market === market);
    this.feeds.SPOT.follow(of("SPOT"));
    this.feeds.FUT.follow(of("FUT"));
    const names = (rows: Listed[], streams: string[]) =>
      rows.flatMap(({ symbol }) => streams.map((stream) => `${symbol.toLowerCase()}@${stream}`));
    const book = ["trade", "bookTicker", "depth@100ms"];
    this.spot.want(names(of("SPOT"), book));
    this.futBook.want(names(of("FUT"), book));
    this.futMark.want(names(of("FUT"), ["markPrice@1s"]));
  }

  /** What keeps an instrument from being decided on, in words; nothing when all is well. */
  trouble(): string | undefined {
    const max = this.around.settings.marketAgeMsMax;
    const known = new Map([...this.feeds.SPOT.ages(), ...this.feeds.FUT.ages()].map((age) => [age.instrument, age]));
    const words = this.wanted.flatMap((instrument) => {
      const age = known.get(instrument);
      if (!age) return `${instrument} is not listed`;
      if (age.ageMs === undefined) return `${instrument} has no data yet`;
      if (age.ageMs > max) return `${instrument} is ${Math.round(age.ageMs)} ms old`;
      return age.whole ? [] : `${instrument} has no whole book`;
    });
    return words.length === 0 ? undefined : words.join(", ");
  }

  mark(instrument: InstrumentId): string | undefined {
    return this.feeds.FUT.mark(instrument);
  }

  measure(): void {
    const { meters } = this.around;
    // The age of one that is followed no longer would stay as it was for ever.
    meters.marketAgeMs.forget();
    for (const market of ["SPOT", "FUT"] as const) {
      for (const [kind, count] of this.feeds[market].drainCounts()) meters.frames.inc({ market, kind }, count);
      for (const { instrument, ageMs } of this.feeds[market].ages()) {
        if (ageMs !== undefined) meters.marketAgeMs.set(ageMs, { instrument });
      }
    }
  }

  stop(): void {
    for (const socket of [this.spot, this.futBook, this.futMark]) socket.stop();
    this.feeds.SPOT.stop();
    this.feeds.FUT.stop();
  }

  private feed(market: Market): MarketFeed {
    const { outlet, record, doubt } = this.ports;
    return new MarketFeed(this.around, market, {
      outlet,
      record,
      snapshot: (instrument) => this.snapshot(instrument),
      doubt,
    });
  }

  private socket(name: string, url: string, [feed, restarted]: [MarketFeed, () => void]): MarketSocket {
    return new MarketSocket(this.around, { name, url, restarted, frame: (text) => feed.frame(text) });
  }

  private snapshot(instrument: InstrumentId): Promise<Snapshot> {
    const market = marketOf(instrument);
    const path = market === "SPOT" ? "/api/v3/depth" : "/fapi/v1/depth";
    const params = { symbol: symbolOf(instrument), limit: SNAPSHOT_LEVELS };
    return this.ports.rests[market].call<Snapshot>("GET", path, params, { auth: "none" });
  }
}
