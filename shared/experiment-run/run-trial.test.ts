/** One run: its windows joined, what is kept of it as asked, models answered, stopped where it is told to. */
import { describe, expect, test } from "bun:test";
import { backtest } from "../backtest/backtest.ts";
import type { BacktestOptions, BacktestStep } from "../backtest/backtest-options.ts";
import { NO_STRESS } from "../backtest/backtest-options.ts";
import { checkDesign } from "../experiment/check-design.ts";
import type { TrialRequest } from "../experiment/trial-request.ts";
import { seededChance } from "../trading/stats/seeded-chance.ts";
import { type Engine, runTrial } from "./run-trial.ts";
import { designOver, groundOver, market } from "./walks.fixture.ts";

const SECONDS = 80;
const checked = checkDesign(designOver(SECONDS));
const ground = groundOver(checked, market(seededChance("one"), SECONDS));
const { window } = checked.design;
const middle = (window.from + window.to) / 2;

const request = (change: Partial<TrialRequest> = {}): TrialRequest => ({
  ...{ trial: 0, role: "best", subject: "bundle", params: {}, windows: [window], stress: NO_STRESS, keep: "summary" },
  ...change,
});
const ports = (engine: Engine = backtest, isAborted = false) => ({
  ...{ engine, ask: () => Promise.resolve({ p: 0.7 }), programs: new Map(), isAborted: () => isAborted, progress() {} },
});

describe("a run", () => {
  test("keeps what was asked for, and always the same", async () => {
    const all = await runTrial(ground, request({ keep: "all" }), ports());
    const { summary, hash } = all;
    expect(all.trades).toHaveLength(summary.trades + summary.open_trades);
    expect(all.parts).toHaveLength(1);
    expect(all.decided!.length).toBeGreaterThan(50);
    const { assumed } = all;
    expect(await runTrial(ground, request(), ports())).toEqual({ summary, hash, assumed });
    expect(await runTrial(ground, request({ keep: "parts" }), ports())).toEqual({
      summary,
      hash,
      assumed,
      parts: all.parts!,
    });
  });

  test("of two windows begins each with the wallets anew", async () => {
    const windows = [
      { from: window.from, to: middle },
      { from: middle, to: window.to },
    ];
    const { parts, summary } = await runTrial(ground, request({ windows, keep: "parts" }), ports());
    expect(parts?.map(({ equity }) => equity[0]?.equity_usdt)).toEqual(["20000", "20000"]);
    expect(summary).toMatchObject({ from_ts: window.from, to_ts: window.to });
  });

  test("that is cut sees nothing of what comes after", async () => {
    const whole = await runTrial(ground, request({ keep: "decisions" }), ports());
    const cut = await runTrial(ground, request({ keep: "decisions", cut_ts: middle }), ports());
    const before = whole.decided!.filter(({ ts }) => ts < middle);
    expect(cut.decided!.filter(({ ts }) => ts < middle)).toEqual(before);
    expect(Math.max(...cut.decided!.map(({ ts }) => ts))).toBeLessThanOrEqual(middle);
  });

  test("with costs made worse earns less", async () => {
    const net = async (change: object) =>
      Number((await runTrial(ground, request({ stress: { ...NO_STRESS, ...change } }), ports())).summary.net_usdt);
    expect(await net({ fee_mult: 2 })).toBeLessThan(await net({}));
    expect(await net({ slippage_bps: 2 })).toBeLessThan(await net({}));
  });

  test("asks the model where the engine does, and gives it the answer", async () => {
    const said: unknown[] = [];
    function* asking(options: BacktestOptions): ReturnType<Engine> {
      const step: BacktestStep = { kind: "model", use: {} as never, features: {}, side: 1 };
      said.push(yield step, yield { kind: "progress", done: 0.5, ts: 0, equity_usdt: "0" });
      return yield* backtest(options);
    }
    await runTrial(ground, request(), ports(asking));
    expect(said).toEqual([{ p: 0.7 }, undefined]);
  });

  test("ends where it is told to stop", async () => {
    function* endless(): ReturnType<Engine> {
      for (;;) yield { kind: "progress", done: 0, ts: 0, equity_usdt: "0" };
    }
    await expect(runTrial(ground, request(), ports(endless, true))).rejects.toMatchObject({ code: "STOPPING" });
  });

  test("with params that do not fit is refused", async () => {
    const params = { "strategies.nobody.enabled": true };
    await expect(runTrial(ground, request({ params }), ports())).rejects.toMatchObject({ code: "INVALID" });
  });
});
