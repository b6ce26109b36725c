/** The mean of a quantity over the last hour, weighted by how long each value stood, at a constant cost per update. */

const MINUTE_MS = 60_000;
const MINUTES = 60;

/** Sums by the minute: what is older than an hour leaves with its minute. */
export class HourlyMean {
  private readonly sums = new Float64Array(MINUTES);
  private readonly weights = new Float64Array(MINUTES);
  private minute = Number.NEGATIVE_INFINITY;
  private sum = 0;
  private weight = 0;

  /** `ts` in epoch ms; what is older than what was added before counts for the newest minute. */
  add(ts: number, value: number, weight: number): void {
    this.moveTo(Math.floor(ts / MINUTE_MS));
    const at = this.minute % MINUTES;
    this.sums[at] = (this.sums[at] as number) + value * weight;
    this.weights[at] = (this.weights[at] as number) + weight;
    this.sum += value * weight;
    this.weight += weight;
  }

  /** Undefined while less than `weightMin` has been seen. */
  mean(weightMin: number): number | undefined {
    return this.weight >= weightMin && this.weight > 0 ? this.sum / this.weight : undefined;
  }

  private moveTo(minute: number): void {
    if (minute <= this.minute) return;
    const passed = Math.min(MINUTES, minute - this.minute);
    for (let back = 0; back < passed; back++) {
      this.sums[(minute - back) % MINUTES] = 0;
      this.weights[(minute - back) % MINUTES] = 0;
    }
    this.minute = minute;
    // Added up anew once a minute, so that rounding errors do not grow with the days.
    this.sum = 0;
    this.weight = 0;
    for (let at = 0; at < MINUTES; at++) {
      this.sum += this.sums[at] as number;
      this.weight += this.weights[at] as number;
    }
  }
}
