/** How the models in force do: what they said of signals, joined with what the signals' labels came to. */
import { LABELS } from "../../shared/collections/labels.ts";
import { models as modelCards, modelKey } from "../../shared/collections/models.ts";
import { decisionsMade } from "../../shared/collections/signals.ts";
import type { Bundle } from "../../shared/domain/bundle.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Page, Query } from "../../shared/kit/ports.ts";
import type { Reading } from "../../shared/trading/health/judge-readings.ts";
import { type ModelBounds, modelBounds, type Said } from "../../shared/trading/health/model-bounds.ts";
import type { InParts } from "../../shared/trading/stats/in-parts.ts";
import type { BundleInForce } from "./bundle-in-force.ts";
import type { Ports } from "./parts.ts";

const HOUR_MS = 3_600_000;
/** Older decisions say little about the market of today. */
const BACK_MS = 90 * 24 * HOUR_MS;
/** The newest labelled ones of a model, and how many decisions are looked through for them. */
const LABELLED_MAX = 2_000;
const DECISIONS_MAX = 50_000;
const PAGE = 50;
/** Others have their turn after so long. */
const BREATH_MS = 8;

type FigurePorts = Pick<Ports, "store" | "clock" | "random">;
interface Model {
  readonly model_id: string;
  readonly hash: string;
  readonly strategies: string[];
}
export interface ModelFigures {
  /** Which models they are of. */
  readonly of: string;
  readonly readings: Reading[];
}

export function createModelFigures({ store, clock, random }: FigurePorts, inForce: BundleInForce) {
  /** What one model said of signals that have labels by now, oldest first. */
  async function labelled({ model_id, hash, strategies }: Model): Promise<Said[]> {
    const card = (await store.get(modelCards, modelKey(model_id, hash)))?.value;
    if (!card) return [];
    const found: Said[] = [];
    for (const strategy_id of strategies) {
      const where = { strategy_id, ts: { gte: clock.now() - BACK_MS } };
      const query: Query = { where, sort: { field: "ts", order: "desc" }, limit: PAGE };
      let [cursor, looked]: [string | undefined, number] = [undefined, 0];
      do {
        const page: Page<Decision> = await store.query(
          decisionsMade,
          cursor === undefined ? query : { ...query, cursor },
        );
        for (const { value } of page.items) {
          const p = value.model?.hash === hash ? value.model.p : null;
          const label = p === null ? undefined : await store.get(LABELS[card.label_horizon], value.signal_id);
          if (p === null || !label) continue;
          const { t0, until } = label.value;
          found.push({ p, positive: label.value.class === "pos", from_ts: t0, to_ts: until });
        }
        looked += page.items.length;
        cursor = page.next_cursor;
        await clock.sleep(0);
      } while (cursor !== undefined && looked < DECISIONS_MAX && found.length < LABELLED_MAX);
    }
    return found.sort((a, b) => a.from_ts - b.from_ts).slice(-LABELLED_MAX);
  }
  async function inBreaths<T>(work: InParts<T>): Promise<T> {
    let began = clock.mono();
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
      if (clock.mono() - began < BREATH_MS) continue;
      await clock.sleep(0);
      began = clock.mono();
    }
  }

  return async (): Promise<ModelFigures> => {
    const models = modelsOf(await inForce());
    const measured: { model: Model; sample: number; bounds: ModelBounds }[] = [];
    for (const model of models) {
      const said = await labelled(model);
      const bounds = await inBreaths(modelBounds(said, random.fork(`bounds ${model.hash} ${said.length}`)));
      measured.push({ model, sample: said.length, bounds });
    }
    const readings = [
      worst(
        "model_auc",
        measured,
        ({ auc_high }) => auc_high,
        (a, b) => a - b,
      ),
      worst(
        "model_brier",
        measured,
        ({ brier_low }) => brier_low,
        (a, b) => b - a,
      ),
    ];
    return { of: models.map(({ model_id, hash }) => modelKey(model_id, hash)).join(" "), readings };
  };
}

/** Those that strategies have a say from, each once. */
function modelsOf(bundle: Bundle | undefined): Model[] {
  const found = new Map<string, Model>();
  for (const { enabled, model, strategy_id } of bundle?.strategies ?? []) {
    if (!enabled || !model) continue;
    const { model_id, hash } = model;
    const kept = found.get(hash) ?? { model_id, hash, strategies: [] };
    kept.strategies.push(strategy_id);
    found.set(hash, kept);
  }
  return [...found.values()].sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

/** Labels that a figure of a model needs: as its threshold has it. */
const LABELS_MIN = 300;
type Measured = { model: Model; sample: number; bounds: ModelBounds };
/** Of the models with enough labels the worst; of others whichever has most. */
function worst(
  name: string,
  measured: readonly Measured[],
  figure: (bounds: ModelBounds) => number | null,
  byBad: (a: number, b: number) => number,
): Reading {
  const told = measured.flatMap(({ model, sample, bounds }) => {
    const value = figure(bounds);
    return value === null ? [] : [{ value, sample, of: model.model_id }];
  });
  const enough = told.filter(({ sample }) => sample >= LABELS_MIN).sort((a, b) => byBad(a.value, b.value));
  const first = enough[0] ?? told.sort((a, b) => b.sample - a.sample)[0];
  return { name, value: first?.value ?? 0, sample: first?.sample ?? 0, of: first?.of };
}
