/** Benchmark: two revisions over a million signals, whose memory must not grow with them, beside the comparison in memory. */
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { type Benchmark, inTurns, type Row, summarise } from "./measure.ts";
import type { Once } from "./simulate-once.ts";
import { simulateStored } from "./simulate-store.ts";

const MANY = Number(process.env.CHIMERA_SIMULATE_SIGNALS ?? 1_000_000);
const FEW = MANY / 10;
const STORED = 50_000;
const REPEATS = 3;
/** Memory of equal size: what a collector has not come to yet counts too. */
const GROWN_MAX = 1.25;

/** In a process of its own, so that its memory is its own. */
async function once(how: "paged" | "naive", count: number): Promise<Once> {
  const program = join(ROOT, "ops/bench/simulate-once.ts");
  const child = Bun.spawn([process.execPath, program, how, String(count)], { cwd: ROOT, stdout: "pipe" });
  const said = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`simulate-once ended with ${child.exitCode}`);
  return JSON.parse(said) as Once;
}

async function stored(): Promise<Row[]> {
  const { seconds, busy } = await simulateStored(STORED);
  return [
    summarise(`as S10 does it, ${STORED} signals from a store`, "signals/s", [STORED / seconds]),
    summarise("… its own thread kept from others", "ms", busy),
  ];
}

export const benchmark: Benchmark = {
  what: `the shipped bundle and a changed one over ${FEW} and ${MANY} drawn signals, page by page and all at once`,
  async run() {
    const peaks = new Map<string, number[]>();
    const counts = new Map<string, Set<string>>();
    const contender = (how: "paged" | "naive", count: number, what: string) => ({
      what,
      async once() {
        const { cpu_us, peak_mib, opened, changed } = await once(how, count);
        peaks.set(what, [...(peaks.get(what) ?? []), peak_mib]);
        counts.set(String(count), (counts.get(String(count)) ?? new Set()).add(`${opened}/${changed}`));
        return cpu_us / count;
      },
    });
    const [many, few, naive] = [`page by page, ${MANY}`, `page by page, ${FEW}`, `all in memory, ${FEW}`];
    const speeds = await inTurns([contender("paged", FEW, few), contender("naive", FEW, naive)], {
      unit: "µs CPU a signal",
      repeats: REPEATS,
      warmUps: 0,
    });
    const whole = contender("paged", MANY, many);
    speeds.push(summarise(many, "µs CPU a signal", [await whole.once()]));
    const memory = [few, many, naive].map((what) => summarise(`peak memory, ${what}`, "MiB", peaks.get(what) ?? []));
    const [atFew, atMany, atNaive] = memory as [Row, Row, Row];
    const grown = atMany.median / atFew.median;
    const agree = [...counts.values()].every((said) => said.size === 1);
    return {
      rows: [...speeds, ...memory, ...(await stored())],
      ratios: {
        "memory of ten times the signals / of the signals": grown,
        "memory all at once / page by page": atNaive.median / atFew.median,
        "processor time page by page / all at once": speeds[0]!.median / speeds[1]!.median,
      },
      notes: [
        agree ? "both ways count the same" : "THE TWO WAYS COUNT DIFFERENTLY",
        grown <= GROWN_MAX ? "memory does not grow with the signals" : "MEMORY GROWS WITH THE SIGNALS",
      ],
    };
  },
};
