/** The steps of a tape of bars: each bar's open, two stops on its way and its close, among marks and payments, in order. */
import type { Tape, TapeColumns } from "./tape.ts";

/** At one moment: what ends, then marks and payments, then what begins. */
export const CLOSE = 0;
export const OPEN = 1;
export const FIRST_WAY = 2;
export const SECOND_WAY = 3;
/** No bar. */
export const OTHER = 4;

/** Index of the opening time among the numbers of a bar's event. */
const OPEN_TS = 1;

export interface BarSteps {
  readonly count: number;
  readonly at: Float64Array;
  /** Into the tape. */
  readonly event: Uint32Array;
  readonly phase: Uint8Array;
}

const known = new WeakMap<TapeColumns, BarSteps>();

/** Made once for each tape. */
export function barSteps(tape: Tape): BarSteps {
  const { columns } = tape;
  const made = known.get(columns) ?? makeSteps(tape);
  known.set(columns, made);
  return made;
}

/** Four queues that each are in order of time already, made one. */
function makeSteps(tape: Tape): BarSteps {
  const { columns, count } = tape;
  const bars = new Uint32Array(count);
  let barCount = 0;
  for (let index = 0; index < count; index++) if (tape.kindAt(index) === "bar") bars[barCount++] = index;
  const steps = count + 3 * barCount;
  const made = {
    count: steps,
    at: new Float64Array(steps),
    event: new Uint32Array(steps),
    phase: new Uint8Array(steps),
  };
  const openAt = (n: number): number => columns.numbers[columns.start[bars[n]!]! + OPEN_TS]!;
  const wayAt = (n: number, part: number): number => openAt(n) + ((columns.at[bars[n]!]! - openAt(n)) * part) / 3;
  const next = [0, 0, 0, 0];
  const due = [0, 1, 2, 3].map((phase) => timeOf(phase));
  function timeOf(phase: number): number {
    const n = next[phase]!;
    if (phase === CLOSE) return n < count ? columns.at[n]! : Number.POSITIVE_INFINITY;
    return n < barCount ? wayAt(n, phase - 1) : Number.POSITIVE_INFINITY;
  }
  for (let step = 0; step < steps; step++) {
    let phase = CLOSE;
    for (let other = OPEN; other <= SECOND_WAY; other++) if (due[other]! < due[phase]!) phase = other;
    const n = next[phase]!++;
    const event = phase === CLOSE ? n : bars[n]!;
    made.at[step] = due[phase]!;
    made.event[step] = event;
    made.phase[step] = phase === CLOSE && tape.kindAt(event) !== "bar" ? OTHER : phase;
    due[phase] = timeOf(phase);
  }
  return made;
}
