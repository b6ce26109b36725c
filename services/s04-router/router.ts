/** The router assembled: its parts wired to each other, and what it offers to its service declaration. */
import { routerMarks } from "../../shared/collections/orders.ts";
import { dec, show } from "../../shared/domain/money.ts";
import { HealthHeard } from "../../shared/health-heard.ts";
import { budgetOf } from "../../shared/trading/execution/budget.ts";
import { Accounts } from "./accounts.ts";
import { Admission } from "./admit.ts";
import { Booking } from "./booking.ts";
import { Cancellation } from "./cancel.ts";
import { CatchUp } from "./catch-up.ts";
import { Costs } from "./costs.ts";
import { Dispatch } from "./dispatch.ts";
import { Executor } from "./execute.ts";
import { HealthReaction } from "./health-reaction.ts";
import { KillSwitch } from "./kill.ts";
import { MarketView } from "./market.ts";
import { OrdersBook } from "./orders-book.ts";
import { Orphans } from "./orphans.ts";
import { OtherSite } from "./other-site.ts";
import { Protector } from "./protect.ts";
import { Pump } from "./pump.ts";
import { Recovery } from "./recover.ts";
import { HoldingRepair } from "./repair-holdings.ts";
import { OrderRepair } from "./repair-orders.ts";
import { SharedBudget } from "./shared-budget.ts";
import { SteadyStore } from "./steady-store.ts";
import type { Ports } from "./types.ts";
import { endUnanswered } from "./unanswered.ts";
import { Venue } from "./venue.ts";

/** A start waits so long for the first meeting with the exchange. */
const MEETING_MS_MAX = 1_000;

export class Router {
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly health: HealthHeard;
  readonly reaction: HealthReaction;
  readonly costs: Costs;
  readonly admission: Admission;
  readonly protector: Protector;
  readonly cancellation: Cancellation;
  readonly accounts: Accounts;
  readonly recovery: Recovery;
  readonly orderRepair: OrderRepair;
  readonly holdingRepair: HoldingRepair;
  /** Only where other shards take from the account's budget too. */
  readonly sharedBudget: SharedBudget | undefined;
  /** What the books are kept by, also while the store is away. */
  readonly steady: SteadyStore;
  private startedAside = false;
  private isLoaded = false;
  /** What was lost with a store that had to be restored. */
  private readonly lost: CatchUp;
  private readonly otherSite: OtherSite;
  private readonly ports: Ports;
  private readonly executor: Executor;
  /** One key per running intent. */
  private readonly intents: Pump;
  /** One key per instrument, for its protection. */
  private readonly instruments: Pump;

  constructor(given: Ports) {
    this.steady = new SteadyStore(given);
    const { steady } = this;
    const away = () => given.noEntries() ?? steady.away() ?? this.otherSite.noEntries();
    const ports: Ports = { ...given, store: steady.store, noEntries: away };
    this.ports = ports;
    const book = new OrdersBook(ports);
    const otherSite = new OtherSite(ports, { book, isAway: () => steady.away() !== undefined });
    this.otherSite = otherSite;
    const market = new MarketView(ports);
    const venue = new Venue(ports);
    const kill = new KillSwitch(ports, book);
    const booking = new Booking(ports, book, market);
    const ended = (order: { instrument: string }) => this.pokeInstrument(order.instrument);
    const dispatch = new Dispatch({ ports, book, booking, market, kill, venue, ended });
    this.costs = new Costs(ports, market);
    const { store, clock, settings } = ports;
    this.health = new HealthHeard({ store, clock, silentMs: settings.healthAgeMsMax }, routerMarks);
    const { costs, health } = this;
    this.reaction = new HealthReaction({ book, costs, health });
    const shared = { ports, book, booking, market, kill, venue, dispatch, costs, health };
    this.book = book;
    this.market = market;
    this.kill = kill;
    this.sharedBudget = ports.shard.count > 1 ? new SharedBudget(ports, book) : undefined;
    this.executor = new Executor(shared);
    const isLacking = () => this.lost.isDue;
    this.orderRepair = new OrderRepair({ ...shared, isLacking });
    this.lost = new CatchUp({ ...shared, orderRepair: this.orderRepair });
    this.recovery = new Recovery({ ...shared, catchUp: this.lost, pokeAll: () => this.pokeAll() });
    this.admission = new Admission({
      ...shared,
      executor: this.executor,
      sharedBudget: this.sharedBudget,
      poke: (id) => this.intents.poke(id),
      reconciled: () => this.recovery.reconciled,
      leftAs: (intent) => this.lost.leftAs(intent),
    });
    this.protector = new Protector({
      ...shared,
      exit: (intent) => this.admission.admitOwn(intent),
      hurry: (instrument, why) => this.executor.hurry(instrument, why),
      poke: (instrument) => this.instruments.poke(instrument),
    });
    this.cancellation = new Cancellation(ports, book, dispatch);
    const poke = (instrument: string) => this.instruments.poke(instrument);
    const orphans = new Orphans({
      ...shared,
      poke,
      sharedBudget: this.sharedBudget,
      exit: (intent) => this.admission.admitOwn(intent),
    });
    this.holdingRepair = new HoldingRepair({ ...shared, orphans, poke, isLacking });
    this.accounts = new Accounts(ports, { book, booking, market, recovery: this.recovery, otherSite });
    const failed = (key: string, error: unknown) =>
      ports.warn("a step failed and is tried again", { key, error: String(error) });
    this.intents = new Pump(ports.clock, (id) => this.executor.look(id), failed);
    const protect = async (id: string) => (this.lost.isDueOn(id) ? undefined : this.protector.look(id));
    this.instruments = new Pump(ports.clock, protect, failed);
    book.onChange((intentId) => this.changed(intentId));
    steady.picture = () => (this.isLoaded ? [...book.picture(), ...kill.picture()] : undefined);
    steady.returning = () => this.readMarks();
    steady.back = () => this.storeBack();
  }

  /**
   * Loads the books: from here on exits are taken. Then meets the exchange, which may be slow or away: entries wait
   * for it, but those who start after the router do not.
   */
  async start(): Promise<void> {
    this.otherSite.begin();
    await this.steady.start();
    const open = this.steady.away() === undefined ? undefined : this.steady.open();
    this.startedAside = open !== undefined;
    if (open) {
      this.kill.take(open);
      this.book.take(open);
    } else {
      await this.loadMarks();
      await this.book.load();
    }
    this.isLoaded = true;
    await this.recovery.begin();
    await this.kill.enforce();
    await this.reaction.enforce();
    this.sharedBudget?.begin();
    await Promise.race([this.catchUp(), this.ports.clock.sleep(MEETING_MS_MAX)]);
  }

  private async loadMarks(): Promise<void> {
    await this.kill.load();
    await this.lost.load();
    await this.health.load();
    await this.costs.load(this.health.effects.takers_only !== undefined);
  }

  /** What nobody could read at a start without the store, before any entry is let in. */
  private async readMarks(): Promise<void> {
    if (!this.startedAside) return;
    await this.loadMarks();
    await this.reaction.enforce();
    this.startedAside = false;
  }

  /** The store is back. What was said meanwhile stays. */
  private async storeBack(): Promise<void> {
    await endUnanswered(this.book, this.ports);
    this.pokeAll();
  }

  /** The first reconciliation and the instruments' filters, tried until both are there. */
  async catchUp(): Promise<void> {
    try {
      if (!this.recovery.reconciled) await this.recovery.reconcile();
      else if (!this.market.isComplete) await this.market.loadListings();
    } catch (error) {
      this.ports.warn("the exchange cannot be asked yet: no entries", { error: String(error) });
    }
  }

  stop(): void {
    this.intents.stop();
    this.instruments.stop();
    this.recovery.stop();
    this.sharedBudget?.stop();
  }

  /** Computed from open holdings and running intents, so it can never drift from them. */
  budget() {
    this.book.mustBeWhole();
    const { budget_usdt } = this.ports.config().bundle.flags.risk;
    const holdings = this.book.holdings();
    const { used, reserved } = budgetOf(dec(budget_usdt), holdings, this.book.running());
    return {
      account: this.ports.account,
      budget_usdt,
      used_usdt: show(used),
      reserved_usdt: show(reserved),
      open_positions: holdings.filter((holding) => holding.qty !== "0").length,
    };
  }

  private changed(intentId: string): void {
    const record = this.book.intent(intentId);
    this.sharedBudget?.poke();
    if (record) this.pokeInstrument(record.instrument);
    this.intents.poke(intentId);
  }

  private pokeInstrument(instrument: string): void {
    this.instruments.poke(instrument);
    for (const record of this.book.running(instrument)) this.intents.poke(record.intent_id);
  }

  private pokeAll(): void {
    for (const record of this.book.running()) this.intents.poke(record.intent_id);
    for (const holding of this.book.holdings()) this.instruments.poke(holding.instrument);
  }
}
