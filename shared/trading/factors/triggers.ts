/** When to look: at the close of a bar, or when a factor crosses a level, with a cool-down. */
import type { BundleTrigger } from "../../domain/bundle.ts";
import type { Trigger } from "../../domain/decision.ts";
import type { ClosedBar } from "./series.ts";

type BarTrigger = Extract<BundleTrigger, { kind: "bar" }>;
type CrossTrigger = Extract<BundleTrigger, { kind: "cross" }>;

/** What a trigger remembers; both NaN at the start. */
export interface TriggerState {
  /** The factor's last value; NaN when it was missing, so that nothing crosses a hole. */
  last: number;
  /** Exchange time at which it last fired. */
  firedTs: number;
}
export const newTriggerState = (): TriggerState => ({ last: Number.NaN, firedTs: Number.NaN });

const rested = (spec: BundleTrigger, state: TriggerState, ts: number): boolean =>
  !(ts - state.firedTs < spec.cooldown_ms);

/** The exchange time at which a bar trigger fires, its bar's end; NaN when it does not. Remembers it in `state`. */
export function stepBar(spec: BarTrigger, state: TriggerState, closed: readonly ClosedBar[]): number {
  for (const { timeframe, bar } of closed) {
    if (timeframe !== spec.timeframe || !rested(spec, state, bar.endTs)) continue;
    state.firedTs = bar.endTs;
    return bar.endTs;
  }
  return Number.NaN;
}

/**
 * The exchange time at which a cross fires, the event's own; NaN when it does not. Up: from below the level to it or
 * above; down: from above it to it or below. A crossing within the cool-down is passed over, not kept for later.
 */
export function stepCross(spec: CrossTrigger, state: TriggerState, now: { value: number; exchTs: number }): number {
  const before = state.last;
  state.last = now.value;
  const crossed =
    spec.direction === "up"
      ? before < spec.level && now.value >= spec.level
      : before > spec.level && now.value <= spec.level;
  if (!crossed || !rested(spec, state, now.exchTs)) return Number.NaN;
  state.firedTs = now.exchTs;
  return now.exchTs;
}

/** `1m`, or `obi_5 up 0.4`. */
const saying = (spec: BundleTrigger): string =>
  spec.kind === "bar" ? spec.timeframe : `${spec.factor} ${spec.direction} ${spec.level}`;

/** What triggers need of the engine. */
interface Watched {
  readonly exchTs: number;
  value(id: string): number;
}

const NONE: readonly Trigger[] = [];

/** The triggers of one strategy on one instrument. */
export class Triggers {
  #specs: readonly BundleTrigger[] = [];
  #states: readonly TriggerState[] = [];
  #firedTs = Number.NaN;
  // One for all updates, so that looking allocates nothing.
  #now = { value: Number.NaN, exchTs: Number.NaN };

  constructor(specs: readonly BundleTrigger[]) {
    this.choose(specs);
  }

  /** Changes the triggers; those that stay as they were keep what they remember. */
  choose(specs: readonly BundleTrigger[]): void {
    const before = new Map(this.#specs.map((spec, at) => [JSON.stringify(spec), this.#states[at]!]));
    this.#states = specs.map((spec) => before.get(JSON.stringify(spec)) ?? newTriggerState());
    this.#specs = specs;
  }

  /**
   * Called after every event with the bars it closed. Answers what fired, oldest first, and never two of the same
   * exchange time, within a call or over several: one moment is one signal.
   */
  step(engine: Watched, closed: readonly ClosedBar[]): readonly Trigger[] {
    let fired: Trigger[] | undefined;
    for (let at = 0; at < this.#specs.length; at++) {
      const ts = this.#stepOne(at, engine, closed);
      if (Number.isNaN(ts)) continue;
      const spec = this.#specs[at]!;
      fired ??= [];
      fired.push({ kind: spec.kind, what: saying(spec), exch_ts: ts });
    }
    return fired === undefined ? NONE : this.#once(fired);
  }

  #stepOne(at: number, engine: Watched, closed: readonly ClosedBar[]): number {
    const spec = this.#specs[at]!;
    const state = this.#states[at]!;
    if (spec.kind === "bar") return closed.length === 0 ? Number.NaN : stepBar(spec, state, closed);
    this.#now.value = engine.value(spec.factor);
    this.#now.exchTs = engine.exchTs;
    return stepCross(spec, state, this.#now);
  }

  #once(fired: Trigger[]): readonly Trigger[] {
    fired.sort((a, b) => a.exch_ts - b.exch_ts);
    return fired.filter(({ exch_ts }) => {
      // Times only grow from event to event, so the newest one told is the only one to compare with.
      if (exch_ts <= this.#firedTs) return false;
      this.#firedTs = exch_ts;
      return true;
    });
  }
}
