/** the position manager assembled: its parts wired to each other, and its cross-check against the exchange. */
import { marketOf } from "../../shared/domain/instrument.ts";
import { dec, neg, show } from "../../shared/domain/money.ts";
import type { ExchangePosition } from "../../shared/domain/trade.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { Accounting } from "./accounting.ts";
import { Asks } from "./asks.ts";
import { Caretaker } from "./caretaker.ts";
import { MissedFills } from "./missed-fills.ts";
import { Prices } from "./prices.ts";
import { Requests } from "./requests.ts";
import { Results } from "./results.ts";
import { TradesBook } from "./trades-book.ts";
import type { Ports } from "./types.ts";

/** Fills and positions reach us by different ways; a difference counts once it has lasted this long. */
const DIFFERS_MS = 10_000;

export class Positions {
  readonly book: TradesBook;
  readonly prices: Prices;
  readonly caretaker: Caretaker;
  readonly results: Results;
  readonly requests: Requests;
  readonly accounting: Accounting;
  private readonly missed: MissedFills;
  private readonly ports: Ports;
  private readonly differsSince = new Map<string, number>();

  constructor(ports: Ports) {
    this.ports = ports;
    const book = new TradesBook(ports);
    const prices = new Prices(ports);
    this.missed = new MissedFills(ports, (instrument) => prices.listing(instrument));
    const caretaker = new Caretaker({ ports, book, prices, asks: new Asks(ports, book) });
    this.book = book;
    this.prices = prices;
    this.caretaker = caretaker;
    this.accounting = new Accounting(ports, book, prices);
    this.requests = new Requests({ book, caretaker, prices });
    this.results = new Results({
      ports,
      book,
      need: (instrument) => prices.need(instrument),
      listing: (instrument) => prices.listing(instrument),
      price: (instrument) => prices.bid(instrument),
      changed: (instrument) => caretaker.poke(instrument),
      missed: this.missed,
    });
  }

  /** Trades first; filters come from S1, which may start later. */
  async start(): Promise<void> {
    await this.book.load();
    await this.accounting.load();
    await this.catchUp();
  }

  async catchUp(): Promise<void> {
    if (this.prices.isComplete) return;
    try {
      await this.prices.loadListings();
    } catch (error) {
      this.ports.warn("the exchange connectors cannot be asked yet", { error: String(error) });
    }
  }

  /** Every ten seconds: what the exchange holds, liquidation distance, and every open trade. */
  async round(): Promise<void> {
    try {
      const positions = await this.accounting.measure();
      this.crossCheck(positions);
      await this.caretaker.guardLiquidation(positions);
    } catch (error) {
      this.ports.warn("the exchange's positions could not be read", { error: String(error) });
    }
    await this.caretaker.lookAtAll();
  }

  /** After news were lost: what the router has booked meanwhile, and whatever it still owes an answer to. */
  async lookForMissed(): Promise<void> {
    await this.results.take(await this.missed.all());
    await this.caretaker.lookAtAll();
  }

  hearAccount(event: AccountEvent): void {
    if (event.kind === "position") this.caretaker.poke(event.instrument);
  }

  /** Alerts about a difference that lasts; S5 repairs. */
  private crossCheck(positions: readonly ExchangePosition[]): void {
    const now = this.ports.clock.now();
    const theirs = new Map(positions.map((p) => [p.instrument, dec(p.qty)]));
    const ours = this.book.all().filter((trade) => marketOf(trade.instrument) === "FUT");
    for (const instrument of new Set([...theirs.keys(), ...ours.map((trade) => trade.instrument)])) {
      const trade = this.book.open(instrument);
      const qty = dec(trade?.open_qty ?? "0");
      const held = trade?.side === "SELL" ? neg(qty) : qty;
      const there = theirs.get(instrument) ?? dec("0");
      if (held === there) {
        this.differsSince.delete(instrument);
        continue;
      }
      const since = this.differsSince.get(instrument) ?? now;
      this.differsSince.set(instrument, since);
      if (now - since < DIFFERS_MS) continue;
      const what = `${instrument}: trades say ${show(held)}, the exchange ${show(there)}`;
      this.ports.alert("ERROR", "POSITION_DIFFERS", what);
    }
  }
}
