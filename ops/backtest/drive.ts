/** Runs a backtest to its end: asks the models it wants asked, and tells how far it is. */
import type { BacktestStep, RunningBacktest } from "../../shared/backtest/backtest-options.ts";
import type { AskModel } from "../../shared/experiment-run/ask-model.ts";
import type { ModelSays } from "../../shared/trading/decision/model.ts";

export interface Driving {
  readonly ask: AskModel;
  onProgress?(step: Extract<BacktestStep, { kind: "progress" }>): void;
}

export async function drive<R>(running: RunningBacktest<R>, { ask, onProgress }: Driving): Promise<R> {
  let says: ModelSays | undefined;
  for (;;) {
    const step = running.next(says);
    if (step.done) return step.value;
    says = step.value.kind === "model" ? await ask(step.value) : undefined;
    if (step.value.kind === "progress") onProgress?.(step.value);
  }
}
