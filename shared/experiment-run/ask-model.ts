/** Models in a worker: loaded when it begins, asked as the live desk asks them, without its deadline. */
import type { BacktestStep } from "../backtest/backtest-options.ts";
import type { Inference, LoadedModel } from "../kit/ports.ts";
import { contributionsOf, inputsOf, type ModelSays, rowsOf } from "../trading/decision/model.ts";
import type { GroundModel } from "./trial-ground.ts";

/** Never throws: a model that is missing or broken says so. */
export type AskModel = (asked: Extract<BacktestStep, { kind: "model" }>) => Promise<ModelSays>;

export interface Models {
  readonly ask: AskModel;
  release(): Promise<void>;
}

/** How long a model takes would make the same run come out differently: it is not told, and no deadline holds. */
export async function loadModels(given: readonly GroundModel[], inference: Inference): Promise<Models> {
  const loaded = new Map<string, { card: GroundModel["card"]; model: LoadedModel }>();
  for (const { card, onnx } of given) {
    loaded.set(card.hash, { card, model: await inference.load(onnx, card.features.length) });
  }
  return {
    async ask({ use, features, side }) {
      const found = loaded.get(use.hash);
      if (!found) return { p: null, trouble: "missing" };
      const row = inputsOf(found.card, features, side);
      if (!row) return { p: null, trouble: "features" };
      try {
        const p = await found.model.run(rowsOf(row, found.card.reference));
        return { p: p[0] as number, contributions: contributionsOf(found.card, row, p) };
      } catch {
        return { p: null, trouble: "broken" };
      }
    },
    async release() {
      for (const { model } of loaded.values()) await model.release();
    },
  };
}
