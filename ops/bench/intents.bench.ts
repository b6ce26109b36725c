/** Benchmark: a thousand intents of every kind in a row, through the whole system, on the market of agents. */
import { Desk, FUT, SPOT } from "../sim/desk.fixture.ts";
import { doubled, type Ended, intentsInARow } from "../sim/intents.fixture.ts";
import { type Benchmark, type Result, summarise } from "./measure.ts";

const INTENTS = 1_000;

export const benchmark: Benchmark = {
  what: "1 000 intents in a row, MARKET, LIMIT, MAKER_THEN_TAKER, TWAP and OCO on both markets, in simulated time",
  async run(): Promise<Result> {
    const begun = performance.now();
    const desk = await Desk.open({ seed: "a thousand", instruments: [FUT, SPOT] });
    const ended = await intentsInARow(desk, INTENTS);
    const tookMs = performance.now() - begun;
    const ms = (of: readonly Ended[], what: "ackMs" | "endMs") => of.flatMap((one) => one[what] ?? []);
    const ways = [...Map.groupBy(ended, (one) => one.way)];
    const count = (holds: (one: Ended) => boolean) => ended.filter(holds).length;
    const troubles = await desk.troubles();
    return {
      rows: [
        summarise("from stored to the exchange's first word", "ms", ms(ended, "ackMs")),
        summarise("from stored to its end", "ms", ms(ended, "endMs")),
        ...ways.map(([way, of]) => summarise(`  ${way}, until its end`, "ms", ms(of, "endMs"))),
      ],
      ratios: {
        "ended ÷ admitted": count((one) => one.record?.state === "DONE") / count((one) => one.record !== undefined),
        "filled whole ÷ admitted":
          count((one) => one.record?.answer.status === "FILLED") / count((one) => one.record !== undefined),
      },
      notes: [
        `${count((one) => typeof one.answer === "string")} refused; ${doubled(desk).length} doubled by the exchange's own journal`,
        troubles.length === 0 ? "no invariant violated" : `violated: ${troubles.join("; ")}`,
        `times are the simulation's, with its assumed way to the exchange; ${Math.round(tookMs)} ms of real time in all`,
      ],
    };
  },
};
