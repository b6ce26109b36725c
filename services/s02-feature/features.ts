/** The features of all instruments of the active revision: market events in, feature events and signals out. */
import type { BundleView, Strategy } from "../../shared/domain/bundle.ts";
import type { FeatureSet } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import type { Depth, Funding, MarketTrade, Ticker } from "../../shared/domain/market.ts";
import { refuse } from "../../shared/errors.ts";
import { regimeOf } from "../../shared/trading/factors/regime.ts";
import { FAMILIES, factorsOfBundle, parseFactor } from "../../shared/trading/factors/registry.ts";
import { InstrumentFeatures, type Surroundings } from "./instrument-features.ts";
import type { FactorsAnswer, RegimeAnswer } from "./types.ts";

const REGIME = "regime";
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export class Features {
  #around: Surroundings;
  #instruments = new Map<InstrumentId, InstrumentFeatures>();
  #factors: readonly string[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get all(): Iterable<InstrumentFeatures> {
    return this.#instruments.values();
  }

  /** Swaps to a revision between two events: what stays goes on, what is new begins, what is gone is dropped. */
  follow({ rev, bundle }: BundleView): void {
    this.#factors = factorsOfBundle(bundle);
    const before = this.#instruments;
    this.#instruments = new Map();
    for (const { instrument, enabled } of bundle.instruments) {
      if (!enabled) continue;
      const kept = before.get(instrument) ?? new InstrumentFeatures(instrument, this.#around, this.#lookup);
      this.#instruments.set(instrument, kept);
    }
    // After all are known, so that a factor of another instrument finds it.
    for (const features of this.all) {
      const strategies = bundle.strategies.filter((strategy) => looksAt(strategy, features.instrument));
      features.want({ rev, factors: [...this.#factors, ...this.#lookedUpBy(features.instrument)], strategies });
    }
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
  latest(instrument: InstrumentId): FeatureSet {
    const features = this.#instruments.get(instrument);
    if (features === undefined) refuse("NOT_FOUND", `${instrument} is not enabled in the active revision.`);
    return features.latest() ?? refuse("STALE_FEATURES", `No market data of ${instrument} has arrived yet.`);
  }

  factors(): FactorsAnswer {
    const families = FAMILIES.map(({ pattern, example, family, version, formula, source, range, needs }) => ({
      ...{ pattern, example, family, version, formula, source, needs: [...needs] },
      range: [finite(range[0]), finite(range[1])] as [number | null, number | null],
      frequency: needs.includes("bar") ? ("bar" as const) : ("event" as const),
      owner: "s02" as const,
    }));
    return { families, active: [...this.#factors], unknown: this.unknown() };
  }

  /** Ids of the active revision that name no factor. */
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

  #lookup = (instrument: InstrumentId, id: string): number =>
    this.#instruments.get(instrument)?.engine.value(id) ?? Number.NaN;

  /** What other instruments read of this one: `rv_20_1d@SPOT:BTCUSDT` makes SPOT:BTCUSDT compute rv_20_1d. */
  #lookedUpBy(instrument: InstrumentId): string[] {
    return this.#factors.flatMap((id) => {
      const factor = parseFactor(id);
      return factor?.of === instrument ? [factor.id] : [];
    });
  }
}

const looksAt = (strategy: Strategy, instrument: InstrumentId): boolean =>
  strategy.enabled && strategy.instruments.includes(instrument);
