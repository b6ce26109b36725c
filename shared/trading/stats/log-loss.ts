/** Minimises the penalised logistic loss by Newton's method, the same way every time. */
import { solvePositive } from "./cholesky.ts";
import { atOnce, type InParts, rowParts } from "./in-parts.ts";

/** p = 1/(1 + exp(−z)), without overflow. */
export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** ln(p/(1 − p)). */
export const logit = (p: number): number => Math.log(p) - Math.log1p(-p);

/** ln(1 + exp(z)), without overflow. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

export interface Problem {
  readonly rows: readonly (readonly number[])[];
  /** What each row should come to, in [0, 1]; between them for smoothed targets. */
  readonly targets: readonly number[];
  /** How much each row counts. */
  readonly counts: readonly number[];
  /** λ: the penalty is λ/2·Σw², the bias going free. */
  readonly l2: number;
}

export interface Minimum {
  readonly weights: number[];
  readonly bias: number;
  readonly iterations: number;
  /** False where the bound on iterations ended it; weights are finite all the same. */
  readonly converged: boolean;
}

export const ITERATIONS_MAX = 100;
const HALVINGS_MAX = 40;
/** What the loss of a row may still fall by, as Newton's decrement foretells it, when it is done. */
const ENOUGH = 1e-24;
/** From here on losses differ by less than their rounding, and Newton's own steps are taken as they are. */
const NEAR = 1e-10;
/** What a curvature that rounding has taken is helped with, in parts of the greatest on the diagonal. */
const DAMPING = [0, 1e-12, 1e-9, 1e-6, 1e-3, 1];

/**
 * min over w, b of Σ cᵢ·(ln(1 + exp(zᵢ)) − yᵢ·zᵢ) + λ/2·Σw², z = x·w + b: Newton's steps, which are iteratively
 * reweighted least squares (Hastie, Tibshirani and Friedman 2009, 4.4.1), each halved until the loss falls. Done when
 * Newton's decrement gᵀ·H⁻¹·g is nothing (Boyd and Vandenberghe 2004, 9.5), which does not depend on the inputs' units.
 * The last place of the unknowns is the bias.
 */
export const minimise = (problem: Problem): Minimum => atOnce(minimiseInParts(problem));

export function* minimiseInParts(problem: Problem): InParts<Minimum> {
  const size = (problem.rows[0]?.length ?? 0) + 1;
  const all = problem.counts.reduce((sum, count) => sum + count, 0);
  let at = new Array<number>(size).fill(0);
  let before: Direction = { step: [], decrement: Number.POSITIVE_INFINITY };
  for (let iterations = 0; iterations < ITERATIONS_MAX; iterations++) {
    const next = yield* directionAt(problem, at);
    const isNear = before.decrement <= NEAR * all;
    if (next.decrement <= ENOUGH * all) return told(at, iterations, true);
    // Rounding is all that is left: the last step made nothing better.
    if (isNear && !(next.decrement < before.decrement)) return told(at, iterations, true);
    const moved = next.decrement <= NEAR * all ? moveBy(at, next.step, 1) : yield* lower(problem, at, next.step);
    if (moved === null) return told(at, iterations, false);
    at = moved;
    before = next;
  }
  return told(at, ITERATIONS_MAX, false);
}

interface Direction {
  readonly step: readonly number[];
  readonly decrement: number;
}

function* directionAt(problem: Problem, at: readonly number[]): InParts<Direction> {
  const { gradient, curvature } = yield* slopes(problem, at);
  const step = newtonStep(curvature, gradient);
  return { step, decrement: step.reduce((sum, each, j) => sum + each * gradient[j]!, 0) };
}

const told = (at: readonly number[], iterations: number, converged: boolean): Minimum => ({
  weights: at.slice(0, -1),
  bias: at.at(-1)!,
  iterations,
  converged,
});

function scoreOf(row: readonly number[], at: readonly number[]): number {
  let z = at[row.length]!;
  for (let j = 0; j < row.length; j++) z += row[j]! * at[j]!;
  return z;
}

function* lossAt(problem: Problem, at: readonly number[]): InParts<number> {
  let loss = 0;
  for (const part of rowParts(problem.rows.length, at.length)) {
    loss = lossOf(problem, at, { part, loss });
    yield;
  }
  return loss + (problem.l2 / 2) * at.slice(0, -1).reduce((sum, w) => sum + w * w, 0);
}

type Part = readonly [from: number, to: number];

/** Of the rows of a part, on top of what came before. */
function lossOf({ rows, targets, counts }: Problem, at: readonly number[], before: { part: Part; loss: number }) {
  let { loss } = before;
  for (let i = before.part[0]; i < before.part[1]; i++) {
    const z = scoreOf(rows[i]!, at);
    loss += counts[i]! * (softplus(z) - targets[i]! * z);
  }
  return loss;
}

interface Slopes {
  readonly gradient: number[];
  readonly curvature: number[][];
}

function* slopes(problem: Problem, at: readonly number[]): InParts<Slopes> {
  const size = at.length;
  const gradient = at.map((w, j) => (j < size - 1 ? problem.l2 * w : 0));
  const curvature = at.map((_, j) => at.map((_, k) => (j === k && j < size - 1 ? problem.l2 : 0)));
  for (const part of rowParts(problem.rows.length, size * size)) {
    addSlopes(problem, at, { part, gradient, curvature });
    yield;
  }
  return { gradient, curvature };
}

function addSlopes({ rows, targets, counts }: Problem, at: readonly number[], into: Slopes & { part: Part }): void {
  const { gradient, curvature, part } = into;
  const size = at.length;
  for (let i = part[0]; i < part[1]; i++) {
    const row = rows[i]!;
    const p = sigmoid(scoreOf(row, at));
    const off = counts[i]! * (p - targets[i]!);
    const bend = counts[i]! * p * (1 - p);
    for (let j = 0; j < size; j++) {
      const x = j < row.length ? row[j]! : 1;
      gradient[j]! += off * x;
      const line = curvature[j]!;
      for (let k = 0; k <= j; k++) line[k]! += bend * x * (k < row.length ? row[k]! : 1);
    }
  }
}

/** Only the lower triangle of `curvature` is read. */
function newtonStep(curvature: readonly (readonly number[])[], gradient: readonly number[]): number[] {
  const greatest = Math.max(...curvature.map((line, j) => line[j]!));
  for (const share of DAMPING) {
    const damped = curvature.map((line, j) => line.map((value, k) => (j === k ? value + share * greatest : value)));
    const step = solvePositive(damped, gradient);
    if (step !== null) return step;
  }
  return [...gradient];
}

const moveBy = (at: readonly number[], step: readonly number[], length: number): number[] =>
  at.map((w, j) => w - length * step[j]!);

function* lower(problem: Problem, at: readonly number[], step: readonly number[]): InParts<number[] | null> {
  const loss = yield* lossAt(problem, at);
  for (let halvings = 0; halvings < HALVINGS_MAX; halvings++) {
    const next = moveBy(at, step, 0.5 ** halvings);
    if ((yield* lossAt(problem, next)) < loss) return next;
  }
  return null;
}
