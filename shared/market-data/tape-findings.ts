/** What is wrong with the data of a tape, told by source and line: to refuse it, or to say what was left out. */
import type { TapeProblem } from "../backtest/tape.ts";
import { refuse } from "../errors.ts";

const KEPT_MAX = 50;
const TOLD_MAX = 10;
/** Of data that is refused anyway no more is read than this. */
const ENOUGH = 1_000;

export class Findings {
  count = 0;
  readonly first: TapeProblem[] = [];
  private readonly onProblem: "refuse" | "repair";

  constructor(onProblem: "refuse" | "repair") {
    this.onProblem = onProblem;
  }

  /** Throws a Problem INVALID, where bad data is to be refused, once there is more of it than anybody reads. */
  add(source: string, line: number, problem: string): void {
    this.count++;
    if (this.first.length < KEPT_MAX) this.first.push({ source, line, problem });
    if (this.count >= ENOUGH) this.settle();
  }

  /** Throws a Problem INVALID that names the first of them, where bad data is to be refused and there is any. */
  settle(): void {
    if (this.onProblem === "repair" || this.count === 0) return;
    const told = this.first.slice(0, TOLD_MAX).map(({ source, line, problem }) => `${source}:${line}: ${problem}`);
    const more = this.count - told.length;
    const rest = more > 0 ? [`and ${more >= ENOUGH - TOLD_MAX ? "many" : more} more`] : [];
    refuse("INVALID", `The data has ${this.count} problems: ${[...told, ...rest].join("; ")}`);
  }
}
