/** When the next run is due, and why: at the start, after news of trouble, every so often. */
import type { Reconciliation } from "../../shared/streams.ts";

export interface Waits {
  /** Between runs that find nothing. */
  readonly everyMs: number;
  readonly newsWaitMs: number;
  readonly lookAgainMs: number;
  readonly retryMs: number;
  readonly retryMsMax: number;
}
export type Why = Exclude<Reconciliation["cause"], "ASKED">;

/** `isWaiting`: something differed and could not be looked at, orders being on their way there. */
type Ended = Pick<Reconciliation, "status" | "items" | "started_at" | "ended_at"> & { readonly isWaiting: boolean };

export class Timetable {
  private cause: Why = "START";
  private dueAt = Number.NEGATIVE_INFINITY;
  /** News that a run under way may have begun too early for. */
  private news: { cause: Why; at: number } | undefined;
  private failures = 0;
  private findings = 0;

  /** The cause of the run that is due at `now` (epoch ms), or nothing. */
  due(now: number, { newsWaitMs }: Waits): Why | undefined {
    if (now >= this.dueAt) return this.cause;
    // Whatever is heard while runs fail, the next one is to find.
    if (this.failures > 0) return undefined;
    return this.news && now >= this.news.at + newsWaitMs ? this.news.cause : undefined;
  }

  /** Books may differ since `now`; the first news counts, so that a flood of them delays nothing. */
  heard(cause: "GAP" | "OUTSIDE", now: number): void {
    this.news ??= { cause, at: now };
  }

  /** A whole run has ended, whoever asked for it: what it saw need not be looked for once more. */
  ended(run: Ended, waits: Waits): void {
    if (run.status === "FAILED") {
      const wait = Math.min(waits.retryMs * 2 ** this.failures++, waits.retryMsMax);
      this.dueAt = run.ended_at + wait;
      return;
    }
    this.failures = 0;
    if (this.news && this.news.at <= run.started_at) this.news = undefined;
    const isQuiet = !run.isWaiting && run.items.every((item) => item.outcome === "SEEN" && item.action === "BOOK");
    this.findings = isQuiet ? 0 : this.findings + 1;
    const again = isQuiet ? waits.everyMs : waits.lookAgainMs * 2 ** (this.findings - 1);
    this.cause = "PERIODIC";
    this.dueAt = run.ended_at + Math.min(again, waits.everyMs);
  }
}
