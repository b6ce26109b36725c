/** What S3 knows from others: kill state, budget, health, listings, the newest features and older revisions. */
import { configBundles } from "../../shared/collections/config.ts";
import { instrumentRegistry } from "../../shared/collections/exchange.ts";
import { killState } from "../../shared/collections/people.ts";
import { strategyMarks } from "../../shared/collections/signals.ts";
import type { ActiveConfig } from "../../shared/domain/arms.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { FeatureSet } from "../../shared/domain/decision.ts";
import type { Instrument, InstrumentId } from "../../shared/domain/instrument.ts";
import { dec } from "../../shared/domain/money.ts";
import { HealthHeard } from "../../shared/health-heard.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import type { AccountState } from "../../shared/trading/decision/account.ts";
import { type CompiledBundle, type CompiledStrategy, compileCache } from "../../shared/trading/decision/compiled.ts";

const KILL_KEY = "kill";
/** An answer older than this counts as none. */
const BUDGET_AGE_MS_MAX = 10_000;
const LISTINGS_MAX = 1_000;
/** Signals may still come under a revision that was just replaced. */
const REVISIONS_KEPT = 8;

interface BudgetAnswer {
  budget_usdt: string;
  used_usdt: string;
  reserved_usdt: string;
}
export interface Sources {
  store: Store;
  clock: Clock;
  /** S11 counts as gone after so long without a word. */
  healthAgeMsMax: number;
  askBudget(): Promise<BudgetAnswer>;
}

export class Surroundings {
  readonly latest = new Map<InstrumentId, FeatureSet>();
  readonly health: HealthHeard;
  private readonly sources: Sources;
  private readonly listings = new Map<InstrumentId, Instrument>();
  private readonly compile = compileCache(REVISIONS_KEPT);
  private readonly revisions = new Map<number, CompiledBundle>();
  /** That for all, and the canary's where there is one. */
  private inForce: readonly CompiledBundle[] = [];
  private killed = true;
  private told: { budget: NonNullable<AccountState["budget"]>; at: number } | undefined;

  constructor(sources: Sources) {
    this.sources = sources;
    const { store, clock, healthAgeMsMax } = sources;
    this.health = new HealthHeard({ store, clock, silentMs: healthAgeMsMax }, strategyMarks);
  }

  /** On when it says so or cannot be read; off when nobody ever switched it. */
  get kill(): boolean {
    return this.killed;
  }

  async readKill(): Promise<void> {
    try {
      const row = await this.sources.store.get(killState, KILL_KEY);
      this.killed = row?.value.enabled ?? false;
    } catch (error) {
      this.killed = true;
      throw error;
    }
  }

  /** S4 refused because of it: on until the state is read again. */
  sawKill(): void {
    this.killed = true;
  }

  budget(now: number): AccountState["budget"] {
    return this.told && now - this.told.at <= BUDGET_AGE_MS_MAX ? this.told.budget : undefined;
  }

  async readBudget(): Promise<void> {
    const answer = await this.sources.askBudget();
    const budget = {
      budget_usdt: dec(answer.budget_usdt),
      used_usdt: dec(answer.used_usdt),
      reserved_usdt: dec(answer.reserved_usdt),
    };
    this.told = { budget, at: this.sources.clock.now() };
  }

  async readListings(): Promise<void> {
    const page = await this.sources.store.query(instrumentRegistry, { limit: LISTINGS_MAX });
    for (const { value } of page.items) this.listings.set(value.instrument, value);
  }

  /** From memory; asked of the store only while it is missing there. */
  async listing(instrument: InstrumentId): Promise<Instrument | undefined> {
    const known = this.listings.get(instrument);
    if (known) return known;
    const row = await this.sources.store.get(instrumentRegistry, instrument);
    if (row) this.listings.set(instrument, row.value);
    return row?.value;
  }

  /** Others are in force. Throws, and changes nothing, where one of them does not compile. */
  swap({ canary, ...stable }: ActiveConfig): void {
    const inForce = [stable, ...(canary ? [canary.view] : [])].map(this.compile);
    this.inForce = inForce;
    for (const compiled of inForce) this.keep(compiled);
  }

  /** The revision in force for all, or undefined before the first. */
  current(): CompiledBundle | undefined {
    return this.inForce[0];
  }

  isInForce(rev: number): boolean {
    return this.inForce.some((one) => one.rev === rev);
  }

  /** Where that revision is in force, itself; else that for all. */
  governing(rev: number): CompiledBundle | undefined {
    return this.inForce.find((one) => one.rev === rev) ?? this.current();
  }

  /** Those of both arms; none before the first. */
  strategies(): CompiledStrategy[] {
    return this.inForce.flatMap(({ strategies }) => [...strategies.values()]);
  }

  /**
   * The revision that a signal was made under: from memory, else from S10's store; undefined when nobody knows it or it
   * cannot be used here.
   */
  async revision(rev: number): Promise<CompiledBundle | undefined> {
    const known = this.revisions.get(rev);
    if (known) return known;
    const page = await this.sources.store.query(configBundles, { where: { rev }, limit: 1 });
    const record = page.items[0]?.value;
    if (!record) return undefined;
    const { bundle_id, hash } = record;
    const bundle = Bundle.safeParse(record.bundle);
    if (!bundle.success) return undefined;
    const compiled = this.compile({ rev, bundle_id, hash, bundle: bundle.data });
    this.keep(compiled);
    return compiled;
  }

  private keep(compiled: CompiledBundle): void {
    this.revisions.set(compiled.rev, compiled);
    for (const oldest of this.revisions.keys()) {
      if (this.revisions.size <= REVISIONS_KEPT) break;
      if (!this.inForce.some(({ rev }) => rev === oldest)) this.revisions.delete(oldest);
    }
  }
}
