/** When to look: at the close of a bar, or when a factor crosses a level, with a cool-down. */
import type { ArmName } from "../../domain/arms.ts";
import type { BundleTrigger } from "../../domain/bundle.ts";
import type { Trigger } from "../../domain/decision.ts";
import type { ClosedBar } from "./series.ts";

type BarTrigger = Extract<BundleTrigger, { kind: "bar" }>;
type CrossTrigger = Extract<BundleTrigger, { kind: "cross" }>;

/** When something last fired, exchange time; NaN: never. Triggers that stand for each other in two revisions share one. */
interface Rest {
  firedTs: number;
}

/** What a trigger remembers. */
interface TriggerState {
  /** The factor's last value; NaN when it was missing, so that nothing crosses a hole. */
  last: number;
  readonly rest: Rest;
}

/** Whether a moment is the trigger's to fire at. */
type IsMine = (exchTs: number) => boolean;

const rested = (spec: BundleTrigger, { rest }: TriggerState, ts: number): boolean =>
  !(ts - rest.firedTs < spec.cooldown_ms);

/** The exchange time at which a bar trigger fires, its bar's end; NaN when it does not. Remembers it in `state`. */
function stepBar(spec: BarTrigger, state: TriggerState, at: { closed: readonly ClosedBar[]; isMine: IsMine }): number {
  for (const { timeframe, bar } of at.closed) {
    if (timeframe !== spec.timeframe || !rested(spec, state, bar.endTs) || !at.isMine(bar.endTs)) continue;
    state.rest.firedTs = bar.endTs;
    return bar.endTs;
  }
  return Number.NaN;
}

/**
 * The exchange time at which a cross fires, the event's own; NaN when it does not. Up: from below the level to it or
 * above; down: from above it to it or below. A crossing within the cool-down is passed over, not kept for later.
 */
function stepCross(spec: CrossTrigger, state: TriggerState, at: { value: number; exchTs: number; isMine: IsMine }) {
  const before = state.last;
  state.last = at.value;
  const crossed =
    spec.direction === "up"
      ? before < spec.level && at.value >= spec.level
      : before > spec.level && at.value <= spec.level;
  if (!crossed || !rested(spec, state, at.exchTs) || !at.isMine(at.exchTs)) return Number.NaN;
  state.rest.firedTs = at.exchTs;
  return at.exchTs;
}

/** `1m`, or `obi_5 up 0.4`. */
export const sayingOf = (spec: BundleTrigger): string =>
  spec.kind === "bar" ? spec.timeframe : `${waySaid(spec)}${spec.level}`;
const waySaid = ({ factor, direction }: CrossTrigger): string => `${factor} ${direction} `;

/** What triggers need of the engine. */
interface Engine {
  readonly exchTs: number;
  value(id: string): number;
}
/** Which arm a moment belongs to. */
type ArmAt = (exchTs: number) => ArmName;

/** One trigger, of one arm or of both. */
interface Watched {
  readonly key: string;
  readonly spec: BundleTrigger;
  readonly state: TriggerState;
  readonly arm: ArmName | "BOTH";
}

const NONE: readonly Trigger[] = [];
const NEVER = 0;
/** What is watched no more is remembered so far, however often triggers change. */
const GONE_MAX = 50;
const ALL_STABLE: ArmAt = () => "STABLE";

/** The triggers of one strategy on one instrument, as the revisions in force have them. */
export class Triggers {
  #watched: readonly Watched[] = [];
  /** What fired in a former run, each saying once. */
  #past: readonly Trigger[] = [];
  #firedTs = Number.NaN;
  #armAt: ArmAt = ALL_STABLE;
  // One for all updates, so that looking allocates nothing.
  #now = { value: Number.NaN, exchTs: Number.NaN, isMine: (_exchTs: number) => true };

  constructor(specs: readonly BundleTrigger[]) {
    this.choose(specs);
  }

  /**
   * Changes the triggers, those of all and those of the arm that `canary` names besides. One that stays as it was keeps
   * what it remembers. One that another takes the place of, of the same bar or of the same factor and direction, hands
   * on when it fired; and two that stand for each other in two arms fire into the same cool-down. So neither a new
   * revision nor a change of arm lets a strategy look again before its time.
   */
  choose(stable: readonly BundleTrigger[], canary?: { specs: readonly BundleTrigger[]; armAt: ArmAt }): void {
    const before = this.#watched;
    const keysOf = (specs: readonly BundleTrigger[]) => new Map(specs.map((spec) => [JSON.stringify(spec), spec]));
    const [ofStable, ofCanary] = [keysOf(stable), keysOf(canary?.specs ?? stable)];
    const isKept = ({ key }: Watched) => ofStable.has(key) || ofCanary.has(key);
    const gone = before.filter((one) => !isKept(one));
    const sayings = new Set([...ofStable.values(), ...ofCanary.values()].map(sayingOf));
    const stateOf = (key: string, spec: BundleTrigger): TriggerState => {
      const kept = before.find((one) => one.key === key)?.state;
      if (kept) return kept;
      const begun = inherited(gone.find((one) => isAlike(one.spec, spec))?.state);
      begun.rest.firedTs = later(begun.rest.firedTs, this.#pastOf(spec, sayings));
      return begun;
    };
    const watched: Watched[] = [...ofStable].map(([key, spec]) => {
      return { key, spec, state: stateOf(key, spec), arm: ofCanary.has(key) ? "BOTH" : "STABLE" };
    });
    const lone = watched.filter(({ arm }) => arm === "STABLE");
    for (const [key, spec] of ofCanary) {
      if (ofStable.has(key)) continue;
      const at = lone.findIndex((one) => isAlike(one.spec, spec));
      const other = at < 0 ? undefined : lone.splice(at, 1)[0];
      const own = stateOf(key, spec);
      const state = other ? { last: known(own.last, other.state.last), rest: shared(other.state.rest, own.rest) } : own;
      watched.push({ key, spec, state, arm: "CANARY" });
    }
    this.#watched = watched;
    this.#armAt = canary?.armAt ?? ALL_STABLE;
  }

  /**
   * What fired in a former run: cool-downs go on from there, as they would had it never ended. A trigger that took
   * another's place meanwhile has its cool-down.
   */
  recall(past: readonly Trigger[]): void {
    this.#past = past;
    const sayings = new Set(this.#watched.map(({ spec }) => sayingOf(spec)));
    for (const { spec, state } of this.#watched)
      state.rest.firedTs = later(state.rest.firedTs, this.#pastOf(spec, sayings));
    for (const { exch_ts } of past) this.#firedTs = later(this.#firedTs, exch_ts);
  }

  /**
   * What a later run has to recall: when each trigger fired last, 0 for never. That one stood, though it never fired,
   * tells that it takes no other's place.
   */
  fired(): Trigger[] {
    const own = this.#watched.map(({ spec, state: { rest } }) => {
      return { kind: spec.kind, what: sayingOf(spec), exch_ts: known(rest.firedTs, NEVER) };
    });
    const sayings = new Set(own.map(({ what }) => what));
    const gone = this.#past.filter(({ what }) => !sayings.has(what)).toSorted((a, b) => b.exch_ts - a.exch_ts);
    return newestOfEach([...gone.slice(0, GONE_MAX), ...this.#past.filter(({ what }) => sayings.has(what)), ...own]);
  }

  /** By its own words, else by those of one whose place it took: of one that is watched still it is that one's. */
  #pastOf(spec: BundleTrigger, sayings: ReadonlySet<string>): number {
    const saying = sayingOf(spec);
    const own = this.#past.find(({ what }) => what === saying);
    if (own || spec.kind === "bar") return own?.exch_ts ?? Number.NaN;
    const alike = this.#past.filter(({ what }) => what.startsWith(waySaid(spec)) && !sayings.has(what));
    return alike.reduce((newest, { exch_ts }) => later(newest, exch_ts), Number.NaN);
  }

  /** Nobody looks for a while: what is crossed meanwhile is not seen, and cool-downs go on. */
  rest(): void {
    for (const { state } of this.#watched) state.last = Number.NaN;
  }

  /**
   * Called after every event with the bars it closed. Answers what fired, oldest first, and never two of the same
   * exchange time, within a call or over several: one moment is one signal. Only the triggers of the arm that a moment
   * belongs to fire at it.
   */
  step(engine: Engine, closed: readonly ClosedBar[]): readonly Trigger[] {
    let fired: Trigger[] | undefined;
    for (const one of this.#watched) {
      const ts = this.#stepOne(one, engine, closed);
      if (Number.isNaN(ts)) continue;
      fired ??= [];
      fired.push({ kind: one.spec.kind, what: sayingOf(one.spec), exch_ts: ts });
    }
    return fired === undefined ? NONE : this.#once(fired);
  }

  #stepOne({ spec, state, arm }: Watched, engine: Engine, closed: readonly ClosedBar[]): number {
    const isMine = arm === "BOTH" ? always : arm === "CANARY" ? this.#isCanary : this.#isStable;
    if (spec.kind === "bar") return closed.length === 0 ? Number.NaN : stepBar(spec, state, { closed, isMine });
    this.#now.value = engine.value(spec.factor);
    this.#now.exchTs = engine.exchTs;
    this.#now.isMine = isMine;
    return stepCross(spec, state, this.#now);
  }

  #isCanary: IsMine = (exchTs) => this.#armAt(exchTs) === "CANARY";
  #isStable: IsMine = (exchTs) => this.#armAt(exchTs) === "STABLE";

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

const always: IsMine = () => true;

/** Of the same bar, or of the same factor in the same direction: one takes the other's place. */
function isAlike(a: BundleTrigger, b: BundleTrigger): boolean {
  if (a.kind === "bar" || b.kind === "bar") return a.kind === "bar" && b.kind === "bar" && a.timeframe === b.timeframe;
  return a.factor === b.factor && a.direction === b.direction;
}

const known = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);
const later = (a: number, b: number): number => Math.max(known(a, b), known(b, a));

/** Of each saying the newest. */
export function newestOfEach<T extends Trigger>(triggers: readonly T[]): T[] {
  const newest = new Map<string, T>();
  for (const one of triggers) {
    if (!(one.exch_ts <= (newest.get(one.what)?.exch_ts ?? Number.NEGATIVE_INFINITY))) newest.set(one.what, one);
  }
  return [...newest.values()];
}

/** The first one, as old as the younger of both. */
function shared(rest: Rest, own: Rest): Rest {
  rest.firedTs = later(rest.firedTs, own.firedTs);
  return rest;
}

/** A new one's beginning: with the cool-down of the one whose place it takes. */
const inherited = (from: TriggerState | undefined): TriggerState => ({
  last: from?.last ?? Number.NaN,
  rest: { firedTs: from?.rest.firedTs ?? Number.NaN },
});
