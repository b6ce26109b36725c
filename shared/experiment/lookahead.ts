/** The look-ahead check: a run that was cut off must have decided the same, up to where it was cut. */

import { canonicalHash } from "../domain/canonical.ts";
import type { Decision } from "../domain/decision.ts";
import type { LookaheadCheck, TestWindow } from "../domain/experiment.ts";
import type { DecisionMark } from "./trial-request.ts";

/** Where, as shares of the window, or of as much of it as there is data of. */
const CUTS = [0.25, 0.5, 0.8] as const;
const DIFFERENCES_MAX = 20;

export function cutsOf(window: TestWindow, data: TestWindow = window): number[] {
  const [from, to] = [Math.max(window.from, data.from), Math.min(window.to, data.to)];
  return CUTS.map((share) => Math.floor(from + share * (to - from)));
}

/** All that a decision says but how long it took. */
export function markOf({ latency_us: _latency, model, ...decision }: Decision): DecisionMark {
  const { instrument, strategy_id, ts } = decision;
  const { ms: _ms, ...said } = model ?? {};
  const content = model ? { ...decision, model: said } : decision;
  return { ts, what: `${strategy_id} ${instrument} ${decision.decision.reason}`, hash: canonicalHash(content) };
}

interface Cut {
  readonly ts: number;
  readonly decided: readonly DecisionMark[];
}

/** `whole` is the run that nobody cut. */
export function lookaheadCheck(whole: readonly DecisionMark[], cuts: readonly Cut[]): LookaheadCheck {
  const differences: string[] = [];
  const looked = cuts.map(({ ts, decided }) => {
    const [expected, got] = [before(whole, ts), before(decided, ts)];
    const found = differencesOf(expected, got);
    differences.push(...found.map((text) => `cut at ${new Date(ts).toISOString()}: ${text}`));
    return { ts, decisions: expected.length, same: found.length === 0 };
  });
  const passed = looked.every(({ same }) => same);
  return { cuts: looked, passed, differences: differences.slice(0, DIFFERENCES_MAX) };
}

const before = (marks: readonly DecisionMark[], ts: number): DecisionMark[] => marks.filter((mark) => mark.ts < ts);

function differencesOf(expected: readonly DecisionMark[], got: readonly DecisionMark[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < Math.max(expected.length, got.length); i++) {
    const [a, b] = [expected[i], got[i]];
    if (a?.hash === b?.hash) continue;
    found.push(`decision ${i + 1}: ${inWords(a)} with the future, ${inWords(b)} without it`);
    if (found.length === DIFFERENCES_MAX) break;
  }
  return found;
}

const inWords = (mark: DecisionMark | undefined): string =>
  mark ? `${mark.what} (${new Date(mark.ts).toISOString()})` : "none";
