/** Simulations through the config service's REST face: what is refused, what comes out, restarts, cancels. */
import { describe, expect, test } from "bun:test";
import { Simulation } from "../../shared/domain/simulation.ts";
import { strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import {
  BTC,
  ConfigWorld,
  decisionOn,
  HOUR,
  labelOf,
  NOW,
  pastSignals,
  SENSITIVITY,
  STRICT,
  stored,
  WEEK,
} from "./simulations.fixture.ts";

const DAY = 24 * HOUR;

/** A week of signals with labels, revision 8 that wants more of a long. */
async function opened(signals = pastSignals(1_000)): Promise<ConfigWorld> {
  const desk = await ConfigWorld.open();
  await desk.keep(
    signals,
    signals.slice(0, 900).map((signal, i) => labelOf(signal, i % 2 === 0 ? 0.1 : -0.05)),
  );
  await desk.draft(8, STRICT);
  return desk;
}

describe("a simulation by labels", () => {
  test("says what the revision would have done with the signals of the window beside what is in force", async () => {
    const desk = await opened();
    const sim_id = await desk.simulate({ window: WEEK, horizons: ["12h", "24h"], sensitivity: SENSITIVITY });
    expect(await desk.read(sim_id)).toMatchObject({
      status: "QUEUED",
      progress: 0,
      rev: 8,
      active_rev: 7,
      author: "ann",
    });
    const done = await desk.over(sim_id);
    expect(Simulation.parse(done)).toEqual(done);
    expect(done).toMatchObject({ status: "DONE", progress: 1, ended_at: expect.any(Number) });
    const { signals, neither, both_open, only_active, only_candidate, not_weighed, similarity } = done.summary!;
    // Of 1 000 one every ten minutes, 334 are longs from 0.4 up, of which those above 0.7 are opened by both.
    const expected = pastSignals(1_000).map(({ features }) => features.values.obi_5!);
    const longs = expected.filter((value) => value > 0.5).length;
    const stricter = expected.filter((value) => value > 0.7).length;
    const shorts = expected.filter((value) => value < -0.5).length;
    expect([signals, not_weighed]).toEqual([1_000, 0]);
    expect([both_open, only_active, only_candidate]).toEqual([stricter + shorts, longs - stricter, 0]);
    expect(neither).toBe(1_000 - longs - shorts);
    expect(similarity).toBe((stricter + shorts) / (longs + shorts));
    expect(done.changed!.length).toBe(Math.min(200, longs - stricter));
    const [by12, by24] = done.approx_effect!;
    expect(by12).toMatchObject({ horizon: "12h", interval_usdt: [expect.any(Number), expect.any(Number)] });
    expect(by12!.labelled + by12!.unlabelled).toBe(longs + shorts);
    expect(by24).toMatchObject({ horizon: "24h", labelled: 0, interval_usdt: null });
    expect(done.sensitivity_analysis).toMatchObject({ epsilon: 0.05, evaluated: 200 });
    expect(done.bounds_guard).toMatchObject([
      { name: "dry_run", state: "PASSED" },
      { name: "robustness", state: "PASSED" },
    ]);
    expect(desk.world.errors).toEqual([]);
  });

  test("against itself changes nothing; over nothing says nothing", async () => {
    const desk = await opened();
    const same = await desk.over(await desk.simulate({ rev: 7, window: WEEK }));
    expect(same.summary).toMatchObject({ signals: 1_000, changed: 0, similarity: 1 });
    const empty = { from_ts: NOW - 60 * DAY, to_ts: NOW - 59 * DAY };
    const none = await desk.over(await desk.simulate({ window: empty, sensitivity: SENSITIVITY }));
    expect(none.summary).toMatchObject({ signals: 0, changed_share: 0, similarity: null });
    expect(none.bounds_guard!.map(({ state }) => state)).toEqual(["NOT_ENOUGH", "NOT_ENOUGH"]);
  });

  test("is of the last day unless it is told otherwise, and of the instruments it is told", async () => {
    const desk = await opened();
    const day = await desk.over(await desk.simulate({}));
    const { window } = day.request;
    expect(window.to_ts - window.from_ts).toBe(DAY);
    expect(day.summary!.signals).toBe(144);
    const spot = await desk.over(await desk.simulate({ instruments: ["SPOT:BTCUSDT"], window: WEEK }));
    expect(spot.summary!.signals).toBe(0);
    const ahead = await desk.over(await desk.simulate({ window: { from_ts: NOW - HOUR, to_ts: NOW + DAY } }));
    expect(ahead.request.window.to_ts).toBeLessThan(NOW + HOUR);
  });

  test("weighs a model's strategy by what the model said then, where the same one was asked", async () => {
    const hash = "c".repeat(64);
    const model = { model_id: "m", hash, cutoffs: [{ p_min: 0.6, size_mult: 1 }] };
    const judged = viewWith(strategyWith({ model }));
    const signals = pastSignals(90);
    const desk = await ConfigWorld.open();
    const decisions = signals.map((signal, i) => {
      const decision = decisionOn(signal, judged);
      if (!decision.model || i % 2 === 1) return decision;
      const { trouble: _asked, ...said } = decision.model;
      return { ...decision, model: { ...said, p: 0.7 } };
    });
    await desk.keep(signals, [], decisions);
    // The draft would want the model to be registered; what is compared is the content that is stored.
    const wary = { ...model, cutoffs: [{ p_min: 0.8, size_mult: 1 }] };
    await desk.world.store("s10").commit([stored(8, strategyWith({ model: wary }))]);
    const { summary } = await desk.over(await desk.simulate({ rev: 8, window: WEEK }));
    const asked = decisions.filter((each) => each.model).length;
    const told = decisions.filter((each) => each.model?.p === 0.7).length;
    expect(told).toBeGreaterThan(0);
    expect(summary).toMatchObject({ only_active: told, both_open: 0, not_weighed: asked - told });
    expect(summary!.unweighable).toEqual([{ reason: "model_not_asked", signals: asked - told }]);
  });
});

describe("what makes no sense is refused", () => {
  test("by its field, before anything is queued", async () => {
    const desk = await opened([]);
    const refused = async (body: object) => {
      const { status, body: answer } = await desk.ask("POST", "/simulate", { body: { bundle_id: "test", ...body } });
      return [status, answer.code, answer.errors?.[0]?.field];
    };
    const window = (from_ts: unknown, to_ts: unknown) => ({ window: { from_ts, to_ts } });
    expect(await refused(window(NOW, NOW - DAY))).toEqual([400, "INVALID", "window.to_ts"]);
    expect(await refused(window(NOW - DAY, NOW - DAY))).toEqual([400, "INVALID", "window.to_ts"]);
    expect(await refused(window(NOW + DAY, NOW + 2 * DAY))).toEqual([400, "INVALID", "window.to_ts"]);
    expect(await refused(window(NOW - 91 * DAY, NOW))).toEqual([400, "INVALID", "window.to_ts"]);
    expect(await refused(window(-1, NOW))).toEqual([400, "INVALID", "window.from_ts"]);
    expect(await refused(window(Number.NaN, NOW))).toEqual([400, "INVALID", "window.from_ts"]);
    expect(await refused(window("yesterday", NOW))).toEqual([400, "INVALID", "window.from_ts"]);
    expect(await refused({ instruments: ["FUT:DOGEUSDT"] })).toEqual([400, "INVALID", "instruments.0"]);
    expect(await refused({ instruments: [] })).toEqual([400, "INVALID", "instruments"]);
    expect(await refused({ horizons: ["48h"] })).toEqual([400, "INVALID", "horizons.0"]);
    for (const [field, value] of Object.entries({ epsilon: 0.3, topk: 11, n_eval: 5_001 })) {
      expect(await refused({ sensitivity: { [field]: value } })).toEqual([400, "INVALID", `sensitivity.${field}`]);
    }
    expect(await refused({ sensitivity: { epsilon: 0 } })).toEqual([400, "INVALID", "sensitivity.epsilon"]);
    expect(await refused({ sensitivity: { epsilon: Number.NaN } })).toEqual([400, "INVALID", "sensitivity.epsilon"]);
    expect((await refused({ bundle_id: "nobody" })).slice(0, 2)).toEqual([404, "NOT_FOUND"]);
    expect((await refused({ rev: 99 })).slice(0, 2)).toEqual([404, "NOT_FOUND"]);
    expect((await refused({ active_rev_ref: 99 })).slice(0, 2)).toEqual([404, "NOT_FOUND"]);
    expect((await desk.ask("GET", "/simulations")).body.items).toEqual([]);
  });

  test("as is a viewer who asks, a simulation that there is not, and one that is over", async () => {
    const desk = await opened([]);
    expect((await desk.ask("POST", "/simulate", { body: { bundle_id: "test" }, role: "trader" })).status).toBe(403);
    expect((await desk.ask("GET", "/simulations/sim-0000-nothing")).status).toBe(404);
    expect((await desk.ask("GET", "/simulations/what")).status).toBe(400);
    const sim_id = await desk.simulate({});
    await desk.over(sim_id);
    const late = await desk.ask("POST", `/simulations/${sim_id}/cancel`, { body: {} });
    expect([late.status, late.body.code]).toEqual([409, "WRONG_STATE"]);
  });

  test("a replay of what was not recorded, or of more than a day", async () => {
    const desk = await opened([]);
    const body = { bundle_id: "test", method: "REPLAY" };
    const none = await desk.ask("POST", "/simulate", { body });
    expect([none.status, none.body.code]).toEqual([422, "RULE"]);
    expect(none.body.detail).toContain(`Nothing of ${BTC} was recorded in the window. Recordings are made while`);
    const long = await desk.ask("POST", "/simulate", { body: { ...body, window: WEEK } });
    expect([long.status, long.body.errors[0].field]).toEqual([400, "window"]);
    const both = await desk.ask("POST", "/simulate", { body: { ...body, sensitivity: {} } });
    expect([both.status, both.body.errors[0].field]).toEqual([400, "sensitivity"]);
  });
});

describe("the queue", () => {
  test("does one after another, lists them newest first, and answers the same request with the one that waits", async () => {
    const desk = await opened();
    const first = await desk.simulate({ window: WEEK });
    expect(await desk.simulate({ window: WEEK })).toBe(first);
    const second = await desk.simulate({ window: WEEK, sensitivity: SENSITIVITY });
    expect(second).not.toBe(first);
    const done = await desk.over(second);
    expect((await desk.read(first)).ended_at!).toBeLessThanOrEqual(done.started_at!);
    const list = await desk.ask("GET", "/simulations");
    expect(list.body.items.map(({ sim_id }: Simulation) => sim_id)).toEqual([second, first]);
    expect(list.body.items[0]).not.toHaveProperty("changed");
    expect(list.body.items[0].summary.signals).toBe(1_000);
    const { hash } = done;
    expect((await desk.ask("GET", `/simulations?hash=${hash}&status=DONE&limit=1`)).body.items).toHaveLength(1);
    expect((await desk.ask("GET", "/simulations?status=FAILED")).body.items).toEqual([]);
    // What is over may be asked for anew: there may be more labels by now.
    expect(await desk.simulate({ window: WEEK })).not.toBe(first);
  });

  test("begins anew what was cut off, to the same result", async () => {
    const desk = await opened();
    const whole = await desk.over(await desk.simulate({ window: WEEK, sensitivity: SENSITIVITY }));
    const asked = await desk.simulate({ window: WEEK, sensitivity: SENSITIVITY });
    await desk.over(asked, ({ progress }) => progress > 0.3);
    desk.kill();
    await desk.begin();
    const again = await desk.over(asked);
    const { summary, approx_effect, sensitivity_analysis, changed } = whole;
    expect(again).toMatchObject({ status: "DONE", summary, approx_effect, sensitivity_analysis, changed });
    const stopped = await desk.simulate({ window: WEEK });
    await desk.over(stopped, ({ progress }) => progress > 0.3);
    await desk.stop();
    await desk.begin();
    expect(await desk.over(stopped)).toMatchObject({ status: "DONE", summary });
    expect(desk.world.errors).toEqual([]);
  });

  test("ends one that is cancelled in its midst, and goes on with the next", async () => {
    const desk = await opened();
    const long = await desk.simulate({ window: WEEK });
    const next = await desk.simulate({ rev: 7, window: WEEK });
    await desk.over(long, ({ progress }) => progress > 0.2);
    const { status, body } = await desk.ask("POST", `/simulations/${long}/cancel`, { body: {} });
    expect([status, body.status]).toEqual([200, "CANCELED"]);
    expect((await desk.over(next)).status).toBe("DONE");
    const canceled = await desk.read(long);
    expect(canceled).toMatchObject({ status: "CANCELED" });
    expect(canceled.summary).toBeUndefined();
    expect(desk.world.errors).toEqual([]);
  });
});
