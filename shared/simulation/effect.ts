/** What the labels of one horizon say that two revisions would have earned, kept as sums of days. */
import type { Decision } from "../domain/decision.ts";
import type { Horizon, SimulatedEffect } from "../domain/simulation.ts";
import { bootstrapInterval, independentRows } from "../trading/stats/bootstrap.ts";
import type { Chance } from "../trading/stats/chance.ts";
import type { SeenLabel } from "./weigher.ts";

const DAY_MS = 86_400_000;
/** With fewer days an interval would say nothing. */
const DAYS_MIN = 5;

/** What both would have done with a signal; undefined: not opened. */
export interface Opened {
  readonly active: Decision | undefined;
  readonly candidate: Decision | undefined;
}

export class EffectTally {
  private readonly horizon: Horizon;
  private labelled = 0;
  private unlabelled = 0;
  /** By UTC day of the signal, USDT. */
  private readonly days = new Map<number, { active: number; candidate: number }>();

  constructor(horizon: Horizon) {
    this.horizon = horizon;
  }

  /** A signal that at least one of the two opens. It counts where its label is of the side that each of them takes. */
  take(ts: number, opened: Opened, label: SeenLabel | undefined): void {
    if (!label || !suits(opened.active, label) || !suits(opened.candidate, label)) {
      this.unlabelled++;
      return;
    }
    this.labelled++;
    const day = Math.floor(ts / DAY_MS);
    const sums = this.days.get(day) ?? { active: 0, candidate: 0 };
    sums.active += earned(opened.active, label);
    sums.candidate += earned(opened.candidate, label);
    this.days.set(day, sums);
  }

  result(chance: Chance): SimulatedEffect {
    const days = [...this.days.values()];
    const active_usdt = days.reduce((sum, day) => sum + day.active, 0);
    const candidate_usdt = days.reduce((sum, day) => sum + day.candidate, 0);
    return {
      horizon: this.horizon,
      labelled: this.labelled,
      unlabelled: this.unlabelled,
      active_usdt,
      candidate_usdt,
      difference_usdt: candidate_usdt - active_usdt,
      interval_usdt: intervalOf(
        days.map((day) => day.candidate - day.active),
        chance,
      ),
    };
  }
}

const suits = (decision: Decision | undefined, { side }: SeenLabel): boolean =>
  decision === undefined || decision.decision.side === side;

/**
 * `roi_net · margin`, USDT. What a label earned is of its notional: with another leverage the same margin holds another
 * notional, and earns by the ratio of the two.
 */
function earned(decision: Decision | undefined, { roi_net, leverage }: SeenLabel): number {
  if (!decision?.sizing) return 0;
  const ratio = leverage > 0 ? decision.sizing.leverage / leverage : 1;
  return roi_net * Number(decision.sizing.margin_usdt) * ratio;
}

/** Of the sum: whole days are drawn anew, since what opens within one hangs together. */
function intervalOf(differences: readonly number[], chance: Chance): [number, number] | null {
  if (differences.length < DAYS_MIN) return null;
  const sum = (rows: Uint32Array) => rows.reduce((total, row) => total + differences[row]!, 0);
  const { low, high } = bootstrapInterval(independentRows(differences.length), sum, { chance });
  return low === null || high === null ? null : [low, high];
}
