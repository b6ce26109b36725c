/** Simulations as promotions ask for them, and as they end when what works for them dies. */
import { describe, expect, test } from "bun:test";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { Crew, Workers } from "../../shared/kit/workers.ts";
import { strategyWith } from "../../shared/trading/decision/decision.fixture.ts";
import { BTC, HOUR, openJobs, SENSITIVITY, stored, WEEK } from "./simulations.fixture.ts";

describe("for promotions", () => {
  test("one begins at once with what is newest, before what is queued, and speaks for its content", async () => {
    const { all, over, accept, runDefault } = await openJobs(1_000);
    const queued = await accept({ window: WEEK });
    const { sim_id } = await runDefault();
    expect(await runDefault()).toEqual({ sim_id });
    expect(await all.latestFor(queued.hash, queued.active_hash)).toBeUndefined();
    const done = await over(sim_id);
    expect(done).toMatchObject({ status: "DONE", author: "pat", summary: { signals: 1_000 } });
    expect(done.bounds_guard!.map(({ name, state }) => [name, state])).toEqual([
      ["dry_run", "PASSED"],
      ["robustness", "PASSED"],
    ]);
    expect((await all.read(queued.sim_id)).status).toBe("QUEUED");
    expect((await over(queued.sim_id)).status).toBe("DONE");
    expect((await all.latestFor(done.hash, done.active_hash))?.sim_id).toBe(sim_id);
    expect(await all.latestFor("0".repeat(64), done.active_hash)).toBeUndefined();
    expect((await runDefault()).sim_id).not.toBe(sim_id);
  });

  test("what looked at less, or is old, says nothing for a promotion", async () => {
    const { all, clock, finish, over, accept, runDefault } = await openJobs(1_100);
    const [narrow, blind] = [await accept({ sensitivity: SENSITIVITY }), await accept({ window: WEEK })];
    const spot = await accept({ window: WEEK, sensitivity: SENSITIVITY, instruments: [BTC] });
    const easy = await accept({ window: WEEK, sensitivity: { epsilon: 0.0001, topk: 5, n_eval: 500 } });
    const thin = await accept({ window: WEEK, sensitivity: { epsilon: 0.05, topk: 5, n_eval: 10 } });
    for (const { sim_id } of [narrow, blind, spot, easy, thin]) await over(sim_id);
    expect(await all.latestFor(narrow.hash, narrow.active_hash)).toBeUndefined();
    const { sim_id } = await runDefault();
    const done = await over(sim_id);
    // A week of them, ten minutes apart, but for the time that has passed meanwhile.
    expect(done.summary!.signals).toBe(1_007);
    expect((await all.latestFor(done.hash, done.active_hash))?.sim_id).toBe(sim_id);
    await finish(clock.sleep(25 * HOUR));
    expect(await all.latestFor(done.hash, done.active_hash)).toBeUndefined();
  });

  test("one under way that is beside what was in force before is none for what is in force now", async () => {
    const { all, clock, finish, over, runDefault, inForce } = await openJobs(100);
    const before = await runDefault();
    await finish(clock.sleep(1_000));
    await inForce(9, strategyWith({ long: { f: "obi_5", op: ">", v: 0.6 } }));
    const after = await runDefault();
    expect(after.sim_id).not.toBe(before.sim_id);
    const { active_rev, hash, active_hash } = await over(after.sim_id);
    expect(active_rev).toBe(9);
    expect((await all.latestFor(hash, active_hash))?.sim_id).toBe(after.sim_id);
  });

  test("a full queue keeps no promotion waiting", async () => {
    const { over, accept, runDefault } = await openJobs(10);
    for (let i = 0; i < 20; i++) await accept({ window: { from_ts: WEEK.from_ts + i, to_ts: WEEK.to_ts } });
    expect(await over((await runDefault()).sim_id)).toMatchObject({ status: "DONE" });
  });

  test("too few signals say nothing", async () => {
    const { all, clock, finish, over, runDefault } = await openJobs(20);
    const { sim_id, bounds_guard, hash, active_hash } = await over((await runDefault()).sim_id);
    expect(bounds_guard!.map(({ state }) => state)).toEqual(["NOT_ENOUGH", "NOT_ENOUGH"]);
    expect((await all.latestFor(hash, active_hash))?.sim_id).toBe(sim_id);
    // By then there may be enough.
    await finish(clock.sleep(11 * 60_000));
    expect(await all.latestFor(hash, active_hash)).toBeUndefined();
  });
});

describe("what works for it", () => {
  const died = () => refuse("UNAVAILABLE", "The thread died.");
  /** Threads that die at the given pages of all that are taken. */
  const dying = (workers: Workers, at: readonly number[], die: () => never = died): Workers => {
    let pages = 0;
    return {
      cores: workers.cores,
      open(task, ground, size) {
        const crew = workers.open(task, ground, size);
        const run: typeof crew.run = async (input, call) => {
          if (at.includes(pages++)) die();
          return crew.run(input, call);
        };
        return { size, run, close: () => crew.close() } satisfies Crew<never, unknown>;
      },
    };
  };

  test("may die: it is begun anew after a while, to the same end", async () => {
    const whole = await openJobs(500);
    const calm = await whole.over((await whole.accept({ window: WEEK })).sim_id);
    const { accept, over, clock } = await openJobs(500, (workers) => dying(workers, [2, 4]));
    const { sim_id } = await accept({ window: WEEK });
    const begun = clock.now();
    const done = await over(sim_id);
    expect(done).toMatchObject({ status: "DONE", summary: calm.summary });
    expect(done.waiting_for).toBeUndefined();
    expect(clock.now() - begun).toBeGreaterThan(30_000);
  });

  test("that dies again and again fails it, with the reason", async () => {
    const { accept, over } = await openJobs(500, (workers) => dying(workers, [1, 3, 5, 7]));
    const { sim_id } = await accept({ window: WEEK });
    expect(await over(sim_id)).toMatchObject({ status: "FAILED", error: "The thread died." });
    const next = await accept({ window: WEEK });
    expect(next.sim_id).not.toBe(sim_id);
  });

  test("ends with a simulation that is canceled while it is being begun", async () => {
    let working = 0;
    const counted = (workers: Workers): Workers => ({
      cores: workers.cores,
      open(task, ground, size) {
        const crew = workers.open(task, ground, size);
        working++;
        const close = async () => {
          working--;
          await crew.close();
        };
        return { size, run: crew.run.bind(crew), close };
      },
    });
    const { all, accept, over, finish } = await openJobs(10, counted);
    const { sim_id } = await accept({ window: WEEK });
    await finish(Promise.all([all.step(), all.cancel(sim_id, "ann")]));
    expect(await over(sim_id)).toMatchObject({ status: "CANCELED" });
    await finish(all.step());
    expect(working).toBe(0);
  });

  test("that is broken fails it at once: another try would break too", async () => {
    const broken = (): never => {
      throw new TypeError("undefined is not a signal");
    };
    const { accept, over } = await openJobs(500, (workers) => dying(workers, [1], broken));
    const { sim_id } = await accept({ window: WEEK });
    expect(await over(sim_id)).toMatchObject({ status: "FAILED", error: "undefined is not a signal" });
  });

  test("a bundle that does not compile fails it, with the reason", async () => {
    const { accept, over, store } = await openJobs(500);
    await store.commit([stored(9, strategyWith({ long: { f: "obi_5", op: "in", vf: "mid" } }))]);
    const { sim_id } = await accept({ rev: 9, window: WEEK });
    expect(await over(sim_id)).toMatchObject({ status: "FAILED", error: '"in" needs a list, not a factor.' });
  });

  test("of a window that was not named is shared only where it is as long", async () => {
    const { accept } = await openJobs(10);
    const [long, short] = [await accept({ window: WEEK }), await accept({})];
    expect(short.sim_id).not.toBe(long.sim_id);
    expect((await accept({})).sim_id).toBe(short.sim_id);
    expect((await accept({ horizons: ["24h", "24h"] })).request.horizons).toEqual(["24h"]);
  });

  test("too many that wait are refused, and told when to come back", async () => {
    const { accept } = await openJobs(10);
    for (let i = 0; i < 20; i++) await accept({ window: { from_ts: WEEK.from_ts + i, to_ts: WEEK.to_ts } });
    const problem = await accept({ window: { from_ts: WEEK.from_ts - 1, to_ts: WEEK.to_ts } }).catch(asProblem);
    expect(problem).toMatchObject({ code: "WRONG_STATE", retryAfterMs: 15_000 });
  });
});
