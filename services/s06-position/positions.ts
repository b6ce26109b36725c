/** the position manager assembled: its parts wired to each other, and its cross-check against the exchange. */
import { put } from "../../shared/changes.ts";
import { POSITION_ALIVE, positionMarks } from "../../shared/collections/trades.ts";
import { marketOf } from "../../shared/domain/instrument.ts";
import { dec, neg, show } from "../../shared/domain/money.ts";
import type { ExchangePosition } from "../../shared/domain/trade.ts";
import { digest } from "../../shared/keys.ts";
import type { AccountEvent } from "../../shared/streams.ts";
import { Accounting } from "./accounting.ts";
import { Asks } from "./asks.ts";
import { AutoTransfers } from "./auto-transfer.ts";
import { Caretaker } from "./caretaker.ts";
import { FundingBooking } from "./funding-booking.ts";
import { AddGate } from "./health.ts";
import { HoldingsSpot } from "./holdings-spot.ts";
import { MissedFills } from "./missed-fills.ts";
import { Prices } from "./prices.ts";
import { Repairs } from "./repair.ts";
import { type Asker, Requests } from "./requests.ts";
import { Results } from "./results.ts";
import { Statements } from "./statements.ts";
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
  readonly repairs: Repairs;
  readonly autoTransfers: AutoTransfers;
  readonly accounting: Accounting;
  readonly funding: FundingBooking;
  readonly holdingsSpot: HoldingsSpot;
  private readonly statements: Statements;
  readonly gate: AddGate;
  private readonly missed: MissedFills;
  private readonly ports: Ports;
  private readonly differsSince = new Map<string, number>();

  constructor(ports: Ports) {
    this.ports = ports;
    const book = new TradesBook(ports);
    const prices = new Prices(ports);
    this.missed = new MissedFills(ports, (instrument) => prices.listing(instrument));
    const asks = new Asks(ports, book);
    const gate = new AddGate(ports);
    const caretaker = new Caretaker({ ports, book, prices, asks, gate });
    this.book = book;
    this.prices = prices;
    this.caretaker = caretaker;
    this.accounting = new Accounting(ports, book, prices);
    this.funding = new FundingBooking(ports, book);
    this.holdingsSpot = new HoldingsSpot(ports);
    this.statements = new Statements(ports, this.holdingsSpot);
    this.gate = gate;
    this.requests = new Requests({ ports, book, asks, caretaker, prices });
    this.results = new Results({
      ports,
      book,
      need: (instrument) => prices.need(instrument),
      listing: (instrument) => prices.listing(instrument),
      price: (instrument) => prices.bid(instrument),
      changed: (instrument) => caretaker.poke(instrument),
      missed: this.missed,
    });
    this.autoTransfers = new AutoTransfers(ports);
    this.repairs = new Repairs({
      ports,
      book,
      missed: this.missed,
      results: this.results,
      need: (instrument) => prices.need(instrument),
      listing: (instrument) => prices.listing(instrument),
      changed: (instrument) => caretaker.poke(instrument),
    });
  }

  get account(): string {
    return this.ports.account;
  }

  /** Trades first; filters come from S1, which may start later. */
  async start(): Promise<void> {
    await this.book.load();
    await this.accounting.load();
    await this.gate.load();
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
      this.prices.take(positions);
      this.crossCheck(positions);
      await this.caretaker.guardLiquidation(positions);
    } catch (error) {
      this.ports.warn("the exchange's positions could not be read", { error: String(error) });
    }
    await this.caretaker.compareStops();
    await this.caretaker.lookAtAll();
  }

  /** For the router: without us no trade should begin. */
  async sayAlive(): Promise<void> {
    const { clock, store } = this.ports;
    await store.commit([put(positionMarks, { id: POSITION_ALIVE, value: true, ts: clock.now() })]);
  }

  /** Closes the named instruments' trades, or all. Who asked stands in the audit log, also where nothing is open. */
  async flatten(instruments: readonly string[], by: Asker & { reason: string }): Promise<string[]> {
    const { actor, reason } = by;
    const key = by.key === undefined ? undefined : digest(by.key, "flatten").slice(0, 16);
    const closing = await this.caretaker.flatten(instruments, { actor, what: "position.flatten", key });
    if (closing.length === 0) {
      const ref = instruments.join(" ") || "all";
      const entry = { actor, what: "position.flatten", ref, outcome: `nothing is open; ${reason}` };
      await this.ports.store.commit([this.ports.audit(entry)]);
    }
    return closing;
  }

  /** After news were lost: what the router has booked meanwhile, and whatever it still owes an answer to. */
  async lookForMissed(): Promise<void> {
    await this.results.take(await this.missed.all());
    await this.funding.catchUp();
    await this.caretaker.lookAtAll();
  }

  /** What spot holdings cost at each day's end, and the statements of the days. */
  async keepAccounts(): Promise<void> {
    await this.holdingsSpot.keep();
    await this.statements.keep();
  }

  async hearAccount(event: AccountEvent): Promise<void> {
    if (event.kind === "position") this.caretaker.poke(event.instrument);
    if (event.kind === "funding") await this.funding.hear(event);
    if (event.kind === "listing") await this.prices.loadListings();
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
