/** Benchmark: how many seconds of market the whole system lives through in a second, beside merely reading them. */
import { readFileSync } from "node:fs";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { openSimulation, type SimulationOptions } from "../sim/simulate.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { openReplayMarket } from "../venue/replay-market.ts";
import { recordedFile } from "./binance-frames.ts";
import { type Benchmark, cpuMicros, inTurns, type Result } from "./measure.ts";

const REPEATS = 3;
const READS_A_TURN = 3;
const AGENTS_MS = 180_000;
const STARTS_AT = Date.UTC(2026, 0, 1);
const SEED = 1;

/** A market to live through again and again, and the lines that a reader of it would parse. */
interface Input {
  what: string;
  options: Pick<SimulationOptions, "market" | "durationMs" | "startsAt">;
  lines(): string[];
}

function recorded(file: string): Input {
  return {
    what: "recorded USDⓈ-M BTCUSDT",
    options: { market: (clock) => openReplayMarket({ clock, files: [file], listings: defaultListings() }) },
    lines() {
      const text = new TextDecoder().decode(Bun.gunzipSync(readFileSync(file)));
      return text.trimEnd().split("\n");
    },
  };
}

const agents = (clock: ConstructorParameters<typeof AgentsMarket>[0]["clock"]) =>
  new AgentsMarket({ clock, random: seededRandom(`market ${SEED}`), listings: defaultListings() });

/** The simulated market, and its frames as a recorder would have written them. */
async function simulated(): Promise<Input> {
  const clock = new VirtualClock(STARTS_AT);
  const market = agents(clock);
  const lines: string[] = [];
  const frame = (_instrument: string, stream: string, raw: string, ts: number) =>
    lines.push(`${ts}000000 {"stream":"${stream}","data":${raw}}`);
  market.start({ frame, matched() {}, ended() {} });
  await clock.run(STARTS_AT + AGENTS_MS);
  market.stop();
  return {
    what: "simulated market, four instruments",
    options: { market: async (own) => agents(own), durationMs: AGENTS_MS, startsAt: STARTS_AT },
    lines: () => lines,
  };
}

interface Lived {
  virtualSeconds: number;
  frames: number;
}

/** Lives through it once; answers seconds of market in a second of processor time. */
async function live({ options }: Input, lived: Lived): Promise<number> {
  const begun = process.cpuUsage();
  const simulation = await openSimulation({ seed: SEED, ...options });
  await simulation.play();
  const seconds = cpuMicros(begun) / 1e6;
  const { virtual_ms, events, errors, invariants } = await simulation.summary();
  const wrong = errors[0] ?? invariants.violated[0];
  if (wrong !== undefined) throw new Error(`The run was not sound: ${wrong}`);
  lived.virtualSeconds = virtual_ms / 1_000;
  lived.frames = events;
  return lived.virtualSeconds / seconds;
}

/** Reads and parses every line, and looks at nothing. */
function read(input: Input, { virtualSeconds }: Lived): number {
  const begun = process.cpuUsage();
  let count = 0;
  for (let i = 0; i < READS_A_TURN; i++) {
    for (const line of input.lines()) if (JSON.parse(line.slice(line.indexOf(" ") + 1)) !== null) count++;
  }
  const seconds = cpuMicros(begun) / 1e6 / READS_A_TURN;
  if (count === 0) throw new Error("there was nothing to read");
  return virtualSeconds / seconds;
}

export const benchmark: Benchmark = {
  what: "replay: a market through the whole system on the virtual clock, beside reading and parsing its lines",
  async run(): Promise<Result> {
    const file = recordedFile();
    const input = file === undefined ? await simulated() : recorded(file);
    const lived: Lived = { virtualSeconds: 0, frames: 0 };
    const walls: number[] = [];
    const rows = await inTurns(
      [
        {
          what: "the whole system",
          async once() {
            const begun = performance.now();
            const speed = await live(input, lived);
            walls.push((1_000 * lived.virtualSeconds) / (performance.now() - begun));
            return speed;
          },
        },
        { what: "reading and parsing", once: () => read(input, lived) },
      ],
      { unit: "× real time, by CPU time", repeats: REPEATS },
    );
    const best = Math.max(...walls);
    const cost = 1e6 / ((rows[0]!.median * lived.frames) / lived.virtualSeconds);
    return {
      rows,
      ratios: { "time of reading ÷ time of living through": rows[0]!.median / rows[1]!.median },
      notes: [
        `${input.what}: ${lived.frames.toLocaleString("en")} frames in ${lived.virtualSeconds.toFixed(0)} s`,
        `${cost.toFixed(1)} µs CPU a frame; by the wall clock ${best.toFixed(0)}× at best`,
      ],
    };
  },
};
