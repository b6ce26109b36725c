/** The features of all instruments of the revisions in force: market events in, feature events and signals out. */
import type { ActiveConfig } from "../../shared/domain/arms.ts";
import type { Bundle, BundleView, Strategy } from "../../shared/domain/bundle.ts";
import type { FeatureSet } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";
import type { EngineOptions } from "../../shared/trading/factors/engine.ts";
import {
  type Firing,
  InstrumentFeatures,
  type Surroundings,
} from "../../shared/trading/factors/instrument-features.ts";
import { wantedOfPeers } from "../../shared/trading/factors/recompute.ts";
import { regimeOf } from "../../shared/trading/factors/regime.ts";
import { describeFamily, FAMILIES, factorsOfBundle, parseFactor } from "../../shared/trading/factors/registry.ts";
import type { EngineSnapshot } from "../../shared/trading/factors/snapshot.ts";
import type { FactorsAnswer, FeaturesAnswer, RegimeAnswer } from "./types.ts";

const REGIME = "regime";
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export class Features {
  #around: Surroundings;
  #instruments = new Map<InstrumentId, InstrumentFeatures>();
  #factors: readonly string[] = [];
  #rev = 0;
  /** Of the last run, for instruments that are not followed yet. */
  #snapshots = new Map<InstrumentId, EngineSnapshot>();
  /** Of the last run, and of instruments that were dropped in this one: both may be followed again. */
  #fired = new Map<InstrumentId, readonly Firing[]>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get all(): Iterable<InstrumentFeatures> {
    return this.#instruments.values();
  }

  /**
   * Swaps to other revisions between two events: what stays goes on, what is new begins, what is gone is dropped. Both
   * revisions' factors are kept of both revisions' instruments; each looks only where it has strategies.
   */
  follow({ canary, ...stable }: ActiveConfig): void {
    const views: BundleView[] = [stable, ...(canary ? [canary.view] : [])];
    this.#factors = [...new Set(views.flatMap(({ bundle }) => factorsOfBundle(bundle)))];
    this.#rev = stable.rev;
    const before = this.#instruments;
    this.#instruments = new Map();
    for (const { instrument, enabled } of views.flatMap(({ bundle }) => bundle.instruments)) {
      if (!enabled || this.#instruments.has(instrument)) continue;
      this.#instruments.set(instrument, before.get(instrument) ?? this.#begun(instrument));
    }
    for (const [instrument, gone] of before)
      if (!this.#instruments.has(instrument)) this.#fired.set(instrument, gone.fired());
    // After all are known, so that a factor of another instrument finds it.
    for (const features of this.all) {
      const { instrument } = features;
      const looks = ({ rev, bundle }: BundleView) => ({ rev, strategies: lookingAt(bundle, instrument) });
      features.want({
        ...looks(stable),
        factors: [...this.#factors, ...this.#lookedUpBy(instrument)],
        ...(canary && { canary: { ...looks(canary.view), split: canary } }),
      });
      this.#takeUp(features);
    }
  }

  /** Where a former run ended: for instruments of which nothing has been heard in this one. */
  remember(snapshots: readonly EngineSnapshot[]): void {
    for (const snapshot of snapshots) this.#snapshots.set(snapshot.instrument, snapshot);
    for (const features of this.all) this.#takeUp(features);
  }

  /** When strategies fired last in former runs, so that a restart ends no cool-down. */
  recall(fired: ReadonlyMap<InstrumentId, readonly Firing[]>): void {
    this.#fired = new Map(fired);
    for (const features of this.all) features.recall(fired.get(features.instrument) ?? []);
  }

  /** Ids of the revisions in force, and the number of the stable one. */
  get wanted(): { factors: readonly string[]; rev: number } {
    return { factors: this.#factors, rev: this.#rev };
  }

  get(instrument: InstrumentId): InstrumentFeatures | undefined {
    return this.#instruments.get(instrument);
  }

  onTicker(event: Ticker): void {
    this.#instruments.get(event.instrument)?.onTicker(event);
  }
  onDepth(event: Depth): void {
    this.#instruments.get(event.instrument)?.onDepth(event);
  }
  onTrade(event: MarketTrade): void {
    this.#instruments.get(event.instrument)?.onTrade(event);
  }
  onFunding(event: Funding): void {
    this.#instruments.get(event.instrument)?.onFunding(event);
  }

  flush(): void {
    for (const features of this.all) features.flush();
  }

  /** Refuses an instrument that is not enabled, and one of which nothing has been heard. */
  latest(instrument: InstrumentId): FeaturesAnswer {
    const features = this.#instruments.get(instrument);
    if (features === undefined) refuse("NOT_FOUND", `${instrument} is not enabled in any revision in force.`);
    const latest: FeatureSet | undefined = features.latest();
    if (latest === undefined) refuse("STALE_FEATURES", `No market data of ${instrument} has arrived yet.`);
    const missing = Object.keys(latest.values)
      .filter((id) => latest.values[id] === null)
      .map((id) => ({ id, why: features.engine.standing(id) }));
    return { ...latest, missing, age_ms: features.ageMs() };
  }

  factors(): FactorsAnswer {
    return { families: FAMILIES.map(describeFamily), active: [...this.#factors], unknown: this.unknown() };
  }

  /** Ids of the revisions in force that name no factor. */
  unknown(): string[] {
    return this.#factors.filter((id) => parseFactor(id) === undefined);
  }

  regimes(): RegimeAnswer {
    const items = [...this.all].map(({ instrument, engine }) => {
      const value = finite(engine.value(REGIME));
      return { instrument, regime: regimeOf(value) ?? null, value };
    });
    return { items };
  }

  /** What is wrong with the data, for a check: nothing at all has come, of any instrument. */
  silence(): string | undefined {
    const heard = [...this.all].some(({ engine }) => !Number.isNaN(engine.exchTs));
    return heard ? undefined : "No market data has arrived yet.";
  }

  /** Which instruments' data is too old. */
  old(): string | undefined {
    const limit = this.#around.settings.staleAfterMs;
    const old = [...this.all].filter((features) => features.ageMs() > limit).map(({ instrument }) => instrument);
    return old.length === 0 ? undefined : `No market data for more than ${limit} ms: ${old.join(", ")}`;
  }

  /** How the instruments' engines see each other. */
  #peers: EngineOptions = {
    lookup: (instrument, id) => this.#instruments.get(instrument)?.engine.value(id) ?? Number.NaN,
    closes: (instrument, timeframe) => this.#instruments.get(instrument)?.engine.closes(timeframe),
  };

  #begun(instrument: InstrumentId): InstrumentFeatures {
    const features = new InstrumentFeatures(instrument, this.#around, this.#peers);
    features.recall(this.#fired.get(instrument) ?? []);
    return features;
  }

  #takeUp(features: InstrumentFeatures): void {
    const { instrument, engine } = features;
    const snapshot = this.#snapshots.get(instrument);
    if (snapshot === undefined || !Number.isNaN(engine.exchTs)) return;
    this.#snapshots.delete(instrument);
    try {
      features.takeUp(snapshot);
    } catch (error) {
      this.#around.unusable?.(instrument, error);
    }
  }

  /** What other instruments read of this one: `rv_20_1d@SPOT:BTCUSDT` makes SPOT:BTCUSDT compute rv_20_1d. */
  #lookedUpBy(instrument: InstrumentId): string[] {
    return [...(wantedOfPeers(this.#factors, "").get(instrument) ?? [])];
  }
}

/** Nothing where the revision does not trade the instrument. */
function lookingAt({ instruments, strategies }: Bundle, instrument: InstrumentId): Strategy[] {
  if (!instruments.some((row) => row.enabled && row.instrument === instrument)) return [];
  return strategies.filter((strategy) => strategy.enabled && strategy.instruments.includes(instrument));
}
