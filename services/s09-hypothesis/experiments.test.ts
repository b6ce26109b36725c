/** Experiments over REST, run by the real engine: accepted, followed, found, canceled, killed and gone on with. */
import { afterEach, describe, expect, test } from "bun:test";
import { type AnyTask, QueueWorker } from "../../shared/adapters/queue-worker.ts";
import { queueWorkers } from "../../shared/adapters/queue-workers.ts";
import { trialTask } from "../../shared/experiment-run/trial-task.ts";
import { bundle, design, grid, HOUR, MINUTE, ResearchWorld, START } from "./experiments.fixture.ts";

const worlds: ResearchWorld[] = [];
async function open(env?: Record<string, string>): Promise<ResearchWorld> {
  const world = await ResearchWorld.open(env);
  worlds.push(world);
  return world;
}
afterEach(async () => {
  for (const each of worlds.splice(0)) {
    expect(each.world.errors).toEqual([]);
    await each.stop();
  }
});

describe("an experiment", () => {
  test("is accepted, runs, and shows its result, trials and trades", async () => {
    const world = await open();
    const exp_id = await world.run({ design: design({ checks: true }), title: "Dips", note: "A first look" });
    expect((await world.read(exp_id)).status).toBe("QUEUED");
    const done = await world.over(exp_id);
    expect(done).toMatchObject({ status: "DONE", title: "Dips", note: "A first look", author: "ann" });
    expect(done.design.bundle).toMatchObject({ bundle_id: "dips", rev: 3 });
    const { result, progress } = done;
    expect(progress).toMatchObject({ done: 14, total: 14 });
    expect(result?.summary.trades).toBeGreaterThan(0);
    expect(result?.lookahead).toMatchObject({ passed: true, differences: [] });
    expect(result?.lookahead?.cuts.at(-1)?.decisions).toBeGreaterThan(2);
    expect(result?.data).toMatchObject({ source: "the library: FUT:BTCUSDT", problems: [] });
    const rows = (await world.ask("GET", "/experiments")).body.items;
    expect(rows).toMatchObject([{ exp_id, bundle: "dips rev 3", summary: { trades: result!.summary.trades } }]);
    expect(rows[0].design.bundle).toBeUndefined();
    const trials = await world.trials(exp_id);
    expect(trials.map(({ trial }) => trial)).toEqual(Array.from({ length: 14 }, (_, i) => i));
    expect((await world.trials(exp_id, "&role=best")).map(({ trial }) => trial)).toEqual([0]);
    const trades = (await world.ask("GET", `/experiments/${exp_id}/trades`)).body.items;
    expect(trades).toHaveLength(result!.summary.trades + result!.summary.open_trades);
  });

  test("of a grid finds the best trial, and lists trials best first", async () => {
    const world = await open();
    const exp_id = await world.run({ design: design(grid) });
    const { result, best } = await world.over(exp_id);
    const scores = (await world.trials(exp_id, "&sort=score&role=search")).map(({ score }) => score!);
    expect(scores).toHaveLength(4);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(best).toMatchObject({ score: scores[0]!, params: result!.params });
    expect(result?.benchmark?.what).toBe("the bundle unchanged");
  });

  test("comes out the same for one, two and three workers, and after it was killed in the middle", async () => {
    const hashes = new Set<string>();
    for (const count of ["1", "2", "3"]) {
      const world = await open({ CHIMERA_S09_WORKERS_COUNT: count });
      hashes.add((await world.over(await world.run({ design: design(grid) }))).result!.hash);
    }
    const world = await open();
    const exp_id = await world.run({ design: design(grid) });
    await world.untilTried(exp_id);
    world.kill();
    await world.begin();
    const before = await world.trials(exp_id);
    const done = await world.over(exp_id);
    hashes.add(done.result!.hash);
    expect(hashes.size).toBe(1);
    expect(before.length).toBeGreaterThan(0);
    expect(await world.trials(exp_id)).toEqual(expect.arrayContaining(before));
  });
});

test("an experiment comes out the same on workers elsewhere, one of which goes in the middle", async () => {
  const here = await open();
  const expected = (await here.over(await here.run({ design: design(grid) }))).result?.hash;
  const away = await open();
  away.kill();
  const { clock, world } = away;
  const { schedule, blobs, random, workers } = world;
  world.workers = queueWorkers({ schedule, blobs, clock, random: random.fork("queue"), cores: 3 });
  await away.begin();
  const errors: unknown[] = [];
  const worker = () =>
    new QueueWorker({
      ...{ schedule, blobs, clock, workers, tasks: [trialTask as AnyTask], size: 1 },
      onError: (error) => errors.push(error),
    });
  const exp_id = await away.run({ design: design(grid) });
  const [first, second] = [worker(), worker()];
  const ends = [first.run(10 * MINUTE), second.run(10 * MINUTE)];
  await away.untilTried(exp_id);
  first.stop();
  const { status, result } = await away.over(exp_id);
  second.stop();
  await away.finish(Promise.all(ends));
  expect([status, result?.hash, errors]).toEqual(["DONE", expected as string, []]);
});

describe("an experiment that does not end well", () => {
  test("is canceled while it waits and while it runs; one that is over is not", async () => {
    const world = await open();
    const [first, second] = [await world.run({ design: design(grid) }), await world.run({ design: design() })];
    const cancel = (exp_id: string) => world.ask("POST", `/experiments/${exp_id}/cancel`, { body: {} });
    expect((await cancel(second)).body).toMatchObject({ status: "CANCELED" });
    await world.over(first, ({ status }) => status === "RUNNING");
    expect((await cancel(first)).body).toMatchObject({ status: "CANCELED" });
    const third = await world.run({ design: design() });
    expect((await world.over(third)).status).toBe("DONE");
    expect((await world.read(first)).status).toBe("CANCELED");
    expect((await cancel(third)).status).toBe(409);
    expect((await cancel(first)).status).toBe(200);
  });

  test("stopped with the service goes on after the next start", async () => {
    const world = await open();
    const exp_id = await world.run({ design: design(grid) });
    await world.over(exp_id, ({ status }) => status === "RUNNING");
    await world.stop();
    await world.begin();
    expect((await world.over(exp_id)).status).toBe("DONE");
  });

  test("begins anew where the past is told otherwise after a restart", async () => {
    const world = await open();
    const exp_id = await world.run({ design: design(grid) });
    await world.untilTried(exp_id);
    world.kill();
    await world.fill("another");
    await world.begin();
    const { result } = await world.over(exp_id);
    expect(result!.hash).toBe((await world.over(await world.run({ design: design(grid) }))).result!.hash);
  });

  test("without data says what to do about it", async () => {
    const world = await open();
    const window = { from: START + 1_000 * HOUR, to: START + 1_010 * HOUR };
    const failed = await world.over(await world.run({ design: design({ window }) }));
    expect(failed).toMatchObject({ status: "FAILED" });
    expect(failed.message).toContain(
      "./chimera data download --market FUT --symbol BTCUSDT --interval 1m --from 2024-09-18",
    );
  });

  test("of a strategy whose model or program is not there says which", async () => {
    const world = await open();
    const [strategy] = bundle.strategies;
    const model = { model_id: "gone", hash: "0".repeat(64), cutoffs: [{ p_min: 0.5, size_mult: 1 }] };
    const modelled = { ...bundle, strategies: [{ ...strategy, model }] };
    const failed = await world.over(await world.run({ design: design({ bundle: modelled }) }));
    expect(failed).toMatchObject({ status: "FAILED", message: `Model gone ${"0".repeat(64)} is not registered.` });
  });
});

describe("what cannot be run is refused at once", () => {
  test.each([
    ["neither a design nor a hypothesis", {}, 400, "design"],
    ["both", { design: design(), hypothesis_id: "h" }, 400, "design"],
    [
      "a window that ends before it begins",
      { design: design({ window: { from: 2, to: 1 } }) },
      400,
      "design.window.to",
    ],
    [
      "checks of one bar",
      { design: design({ checks: true, window: { from: START, to: START + MINUTE } }) },
      400,
      "design.checks",
    ],
    ["a search of nothing", { design: design({ method: "GRID" }) }, 400, "design.params"],
    [
      "a path that leads nowhere",
      { design: design({ ...grid, params: [{ path: "rules.x.priority", values: [1] }] }) },
      400,
      "design.params.0.path",
    ],
    [
      "more points than trials",
      { design: design({ ...grid, search: { trials_max: 3 } }) },
      400,
      "design.search.trials_max",
    ],
    [
      "an instrument that the bundle lacks",
      { design: design({ data: { instruments: ["FUT:ETHUSDT"] } }) },
      400,
      "design.data.instruments.0",
    ],
    [
      "folds that do not fit",
      { design: design({ method: "WALK_FORWARD", folds: { train_ms: 900 * HOUR } }) },
      400,
      "design.folds.train_ms",
    ],
    ["a revision that nobody drafted", { design: design({ bundle: { bundle_id: "no", rev: 1 } }) }, 404, undefined],
    ["the active bundle where none is", { design: design({ bundle: "active" }) }, 503, undefined],
    ["a hypothesis that nobody recorded", { hypothesis_id: "nobody" }, 404, undefined],
  ] as const)("%s", async (_what, body, status, field) => {
    const world = await open();
    const answer = await world.ask("POST", "/experiments/run", { body });
    expect(answer.status).toBe(status);
    if (field !== undefined) expect(answer.body.errors.map((each: { field: string }) => each.field)).toContain(field);
  });

  test("and by whom it may not be asked", async () => {
    const world = await open();
    for (const role of ["viewer", "trader"] as const) {
      expect((await world.ask("POST", "/experiments/run", { body: { design: design() }, role })).status).toBe(403);
      expect((await world.ask("GET", "/experiments", { role })).status).toBe(200);
    }
    expect((await world.ask("GET", "/experiments/exp-nobody")).status).toBe(404);
  });
});

describe("a hypothesis", () => {
  const statement = { title: "Dips", statement: "What fell a lot comes back.", family: "dips" };

  test("is on record once, and what is to be tested stays", async () => {
    const world = await open();
    const body = { hypothesis_id: "dips", ...statement, design: design({ checks: true }) };
    const first = await world.ask("POST", "/hypotheses", { body });
    expect(first.body).toMatchObject({
      hypothesis_id: "dips",
      status: "OPEN",
      p_value: null,
      trials: 0,
      author: "ann",
    });
    expect((await world.ask("POST", "/hypotheses", { body })).body).toEqual(first.body);
    const other = await world.ask("POST", "/hypotheses", { body: { ...body, statement: "Or not." } });
    expect(other.status).toBe(409);
    expect((await world.ask("GET", "/hypotheses?family=dips")).body.items).toEqual([first.body]);
  });

  test("counts what was tried by an experiment that was canceled", async () => {
    const world = await open();
    await world.ask("POST", "/hypotheses", { body: { hypothesis_id: "dips", ...statement, design: design(grid) } });
    const exp_id = await world.run({ hypothesis_id: "dips" });
    await world.untilTried(exp_id);
    expect((await world.ask("POST", `/experiments/${exp_id}/cancel`, { body: {} })).status).toBe(200);
    const tried = (await world.trials(exp_id)).filter(({ role }) => role === "search").length;
    expect(tried).toBeGreaterThan(0);
    expect((await world.ask("GET", "/hypotheses/dips")).body.trials).toBe(tried);
  });

  test("is judged by its experiments, with all others of its family", async () => {
    const world = await open();
    const longer = (change: object) => design({ window: { from: START, to: START + 75 * MINUTE }, ...change });
    const record = (hypothesis_id: string, change: object) =>
      world.ask("POST", "/hypotheses", { body: { hypothesis_id, ...statement, design: longer(change) } });
    expect((await record("checked", { checks: true })).status).toBe(200);
    expect((await record("unchecked", { seed: 2 })).status).toBe(200);
    const exp_id = await world.run({ hypothesis_id: "checked" });
    const { result } = await world.over(exp_id);
    const { body: first } = await world.ask("GET", "/hypotheses/checked");
    const { p_value, deflated_sharpe } = result!.significance;
    const { net_usdt } = result!.summary;
    expect(first).toMatchObject({ p_value, adjusted_p: p_value, experiments: [exp_id], trials: 1, net_usdt });
    expect(first.status).toBe(p_value! <= 0.05 && Number(net_usdt) > 0 ? "CONFIRMED" : "REFUTED");
    expect((await world.ask("GET", "/hypotheses/unchecked")).body.status).toBe("OPEN");
    const second = await world.over(await world.run({ hypothesis_id: "unchecked" }));
    const again = await world.over(await world.run({ hypothesis_id: "unchecked" }));
    expect([second, again].map((each) => each.result?.significance.trials)).toEqual([1, 2]);
    expect(again.result!.significance.deflated_sharpe!).toBeLessThan(second.result!.significance.deflated_sharpe!);
    const both = (await world.ask("GET", "/hypotheses?family=dips")).body.items as {
      p_value: number;
      adjusted_p: number;
    }[];
    const worst = Math.max(...both.map((each) => each.p_value));
    for (const each of both) expect(each.adjusted_p).toBe(Math.min(worst, 2 * each.p_value));
    expect(deflated_sharpe).toBeWithin(0, 1);
  });
});
