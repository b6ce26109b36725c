/** How a benchmark measures: us and the reference in turns on the same input, warmed up, repeated. */

export interface Row {
  what: string;
  unit: string;
  median: number;
  p99: number;
  min: number;
  max: number;
}
export interface Result {
  /** Set when it could not be run here, and why. */
  skipped?: string;
  rows: Row[];
  /** Named ratios, ours to the reference's. */
  ratios: Record<string, number>;
  notes: string[];
}
export interface Benchmark {
  /** What is measured against what, in a line. */
  what: string;
  run(): Promise<Result>;
}

export const skipped = (why: string): Result => ({ skipped: why, rows: [], ratios: {}, notes: [] });

export function summarise(what: string, unit: string, samples: readonly number[]): Row {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { what, unit, median: at(0.5), p99: at(0.99), min: at(0), max: at(1) };
}

export interface Contender {
  what: string;
  /** One repetition; answers its cost in `unit`. */
  once(): Promise<number> | number;
}

/** Runs the contenders in turns, so that a noisy minute hits all of them alike. */
export async function inTurns(contenders: readonly Contender[], { unit, repeats, warmUps = 1 }: Turns): Promise<Row[]> {
  const samples = contenders.map(() => [] as number[]);
  for (let turn = 0; turn < warmUps + repeats; turn++) {
    for (const [i, contender] of contenders.entries()) {
      const value = await contender.once();
      if (turn >= warmUps) samples[i]?.push(value);
    }
  }
  return contenders.map((contender, i) => summarise(contender.what, unit, samples[i] ?? []));
}
interface Turns {
  unit: string;
  repeats: number;
  warmUps?: number;
}

/** Processor time of this process since `from`, µs. */
export const cpuMicros = (from?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(from);
  return user + system;
};
