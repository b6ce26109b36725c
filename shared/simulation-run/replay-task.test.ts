import { afterAll, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { bunWorkers } from "../adapters/bun-workers.ts";
import { Bundle } from "../domain/bundle.ts";
import { ExperimentDesign } from "../domain/experiment.ts";
import { NO_LATENCY } from "../engine/latency.ts";
import { defaultListings } from "../engine/listing.ts";
import { asProblem } from "../errors.ts";
import { groundWithoutTape } from "../experiment-run/trial-ground.ts";
import { dips } from "../experiment-run/walks.fixture.ts";
import { recordingKey } from "../keys.ts";
import type { Crew } from "../kit/workers.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { type ReplayGround, type ReplayInput, type ReplayOutput, replayTask } from "./replay-task.ts";

const START = Date.UTC(2026, 0, 1);
const BTC = "FUT:BTCUSDT";
const SECONDS = 90;
const STEPS_A_SECOND = 4;

/** A book of one level each side that wanders, with a trade at every step, as S1 records it. */
function recording(): Uint8Array {
  const chance = seededChance("replay");
  const lines: string[] = [];
  const line = (ms: number, data: object) => lines.push(`${START + ms}000000 ${JSON.stringify(data)}`);
  let ticks = 600_000;
  const text = (each: number) => (each / 10).toFixed(1);
  const stamp = (ms: number) => ({ E: START + ms, T: START + ms, s: "BTCUSDT" });
  const level = (price: number, qty: string) => [text(price), qty];
  line(0, { lastUpdateId: 10, ...stamp(0), bids: [level(ticks, "9")], asks: [level(ticks + 1, "9")] });
  for (let i = 1; i < SECONDS * STEPS_A_SECOND; i++) {
    const ms = (i * 1_000) / STEPS_A_SECOND;
    const before = ticks;
    ticks += Math.round(400 * (chance.next() - 0.5));
    const [b, a] = [
      [level(before, "0"), level(ticks, "9")],
      [level(before + 1, "0"), level(ticks + 1, "9")],
    ];
    const depth = { e: "depthUpdate", ...stamp(ms), U: 10 + i, u: 10 + i, pu: 9 + i, b, a };
    line(ms, { stream: "btcusdt@depth@0ms", data: depth });
    const top = { e: "bookTicker", ...stamp(ms), u: 10 + i, b: text(ticks), B: "9", a: text(ticks + 1), A: "9" };
    line(ms, { stream: "btcusdt@bookTicker", data: top });
    const trade = { e: "trade", ...stamp(ms), t: i, p: text(ticks), q: "0.5", X: "MARKET", m: i % 2 === 0 };
    line(ms, { stream: "btcusdt@trade", data: trade });
  }
  return new Uint8Array(gzipSync(`${lines.join("\n")}\n`));
}

const window = { from: START + 15_000, to: START + SECONDS * 1_000 };
const design = ExperimentDesign.parse({
  ...{ bundle: dips, window, benchmark: "none", checks: false },
  data: { source: "recordings", form: "book", instruments: [BTC] },
});
const side = (change: object) => {
  const bundle = Bundle.parse({ ...dips, ...change });
  return groundWithoutTape(design, { bundle, latency: NO_LATENCY, models: [], programs: [] });
};
const GROUND: ReplayGround = {
  ...{ data: design.data, instruments: [BTC], window, warm_up_ms: 15_000 },
  listings: defaultListings().filter(({ instrument }) => instrument === BTC),
  active: side({}),
  candidate: side({ rules: [{ rule_id: "none", when: { f: "mid", op: ">", v: 0 }, effect: { skip_entry: true } }] }),
};
const key = recordingKey(BTC, START);

const crews: Crew<ReplayInput, ReplayOutput>[] = [];
const open = (ground = GROUND) => {
  const crew = bunWorkers().open(replayTask, ground, 1);
  crews.push(crew);
  return crew;
};
afterAll(async () => {
  for (const crew of crews) await crew.close();
});
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => asProblem(error).code,
  );

describe("a replay in a thread of its own", () => {
  test("lets both trade the same recorded market: who skips everything earns nothing", async () => {
    const crew = open();
    const progress: number[] = [];
    await crew.run({ kind: "file", before: 0, key, body: recording() });
    const said = await crew.run({ kind: "play", before: 1 }, { onProgress: (done) => progress.push(done) });
    const { active, candidate } = said as Required<ReplayOutput>;
    expect(active.summary.signals).toBeGreaterThan(30);
    expect(candidate.summary.signals).toBe(active.summary.signals);
    expect(active.summary.trades).toBeGreaterThan(0);
    expect(Number(active.summary.fees_usdt)).toBeGreaterThan(0);
    expect([candidate.summary.trades, Number(candidate.summary.net_usdt)]).toEqual([0, 0]);
    expect(active.curve.length).toBeGreaterThan(1);
    expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
    // A second time it says the same.
    expect(await crew.run({ kind: "play", before: 1 })).toEqual(said);
  }, 300_000);

  test("says of which time nothing was recorded", async () => {
    const wide = open({ ...GROUND, window: { from: START - 120_000, to: window.to + 600_000 } });
    await wide.run({ kind: "file", before: 0, key, body: recording() });
    const { candidate } = (await wide.run({ kind: "play", before: 1 })) as Required<ReplayOutput>;
    const gaps = candidate.assumed.filter((text) => text.includes("nothing recorded"));
    expect(gaps.map((text) => text.slice(0, 80))).toEqual([
      expect.stringContaining(`from ${new Date(START - 120_000).toISOString()} to `),
      expect.stringContaining(`${BTC}: nothing recorded from `),
    ]);
    expect(gaps[1]).toEndWith(`to ${new Date(window.to + 600_000).toISOString()}`);
    const whole = open();
    await whole.run({ kind: "file", before: 0, key, body: recording() });
    const { active } = (await whole.run({ kind: "play", before: 1 })) as Required<ReplayOutput>;
    expect(active.assumed.join()).not.toContain("nothing recorded");
  }, 300_000);

  test("says so when it does not remember the files, and where they hold nothing of the window", async () => {
    expect(await refusal(open().run({ kind: "play", before: 1 }))).toBe("UNAVAILABLE");
    const later = open({ ...GROUND, window: { from: START + 7_200_000, to: START + 7_260_000 }, warm_up_ms: 0 });
    await later.run({ kind: "file", before: 0, key, body: recording() });
    expect(await refusal(later.run({ kind: "play", before: 1 }))).toBe("INVALID");
  }, 300_000);

  test("ends soon when it is not wanted any more", async () => {
    const crew = open();
    await crew.run({ kind: "file", before: 0, key, body: recording() });
    const stop = new AbortController();
    const work = crew.run({ kind: "play", before: 1 }, { signal: stop.signal });
    stop.abort(new Error("not wanted"));
    await expect(work).rejects.toThrow("not wanted");
  }, 300_000);
});
