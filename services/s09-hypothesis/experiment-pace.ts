/** How far an experiment is, written at most once a second: always the newest, with the runs that are under way. */
import type { ExperimentRow } from "../../shared/domain/experiment.ts";
import type { ExperimentProgress } from "../../shared/experiment-run/run-experiment.ts";
import type { Clock } from "../../shared/kit/ports.ts";

/** Between two writes. */
const TELL_MS = 1_000;

type Told = Pick<ExperimentRow, "progress" | "best">;

export const percent = (share: number): string => `${Math.floor(100 * share)} %`;

const toldOf = ({ best, ...progress }: ExperimentProgress): Told => ({ progress, ...(best && { best }) });

export class ExperimentPace {
  private readonly clock: Clock;
  private readonly write: (told: Told) => Promise<void>;
  private readonly signal: AbortSignal;
  private newest: ExperimentProgress | undefined;
  private writing: Promise<void> | undefined;
  private last = Number.NEGATIVE_INFINITY;
  private readonly underWay = new Map<number, number>();

  constructor(clock: Clock, write: ExperimentPace["write"], signal: AbortSignal) {
    this.clock = clock;
    this.write = write;
    this.signal = signal;
  }

  tell(progress: ExperimentProgress): void {
    this.newest = progress;
    this.begin();
  }

  /** Of a run that is under way. */
  within(trial: number, done: number): void {
    this.underWay.set(trial, done);
    this.begin();
  }

  over(trial: number): void {
    this.underWay.delete(trial);
  }

  /** What is known now is written. */
  async settled(): Promise<void> {
    await this.writing;
    if (this.newest) await this.write(toldOf(this.newest));
  }

  private begin(): void {
    if (this.writing || !this.newest || this.clock.mono() - this.last < TELL_MS || this.signal.aborted) return;
    this.last = this.clock.mono();
    const { newest } = this;
    const stage =
      this.underWay.size === 0
        ? newest.stage
        : `${newest.stage}, ${this.underWay.size} under way (${percent(this.share())})`;
    const written = (): void => {
      this.writing = undefined;
    };
    // A write that fails is followed by others, and those of trials fail the experiment.
    this.writing = this.write(toldOf({ ...newest, stage })).then(written, written);
  }

  private share(): number {
    return [...this.underWay.values()].reduce((sum, done) => sum + done, 0) / this.underWay.size;
  }
}
