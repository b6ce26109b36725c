import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { Problem } from "../../shared/errors.ts";
import { NetError } from "../../shared/kit/ports.ts";
import { problemResponse } from "../../shared/kit/problem.ts";
import { untilFound, untilHandedOver } from "./handover.ts";

/** A change that somebody answers so, again and again, until `doneAfterMs`. */
function held(
  answer: () => Response,
  { doneAfterMs = Number.POSITIVE_INFINITY, signal = new AbortController().signal },
) {
  const clock = new VirtualClock(0);
  const askedAt: number[] = [];
  const send = async () => {
    askedAt.push(clock.mono());
    return clock.mono() >= doneAfterMs ? new Response("done") : answer();
  };
  let isOver = false;
  const work = untilHandedOver(send, { clock, isChange: true, signal }).finally(() => {
    isOver = true;
  });
  work.catch(() => {});
  const run = async () => {
    await clock.run(() => isOver);
    return work;
  };
  return { clock, askedAt, run };
}
const away = (): never => {
  const cause = new NetError("refused", "ECONNREFUSED");
  throw new Problem("UNAVAILABLE", "It cannot be reached.", { cause });
};
const says = (code: "NOT_READY" | "UNAVAILABLE", retryAfterMs?: number) => () =>
  problemResponse(new Problem(code, "no", retryAfterMs === undefined ? {} : { retryAfterMs }));

test("a change waits for who will be ready, and for no longer than eight seconds", async () => {
  expect(await (await held(says("NOT_READY", 250), { doneAfterMs: 3_000 }).run()).text()).toBe("done");
  const never = held(says("NOT_READY", 250), {});
  expect((await never.run()).status).toBe(503);
  expect(never.clock.mono()).toBeLessThanOrEqual(8_000);
});

test("nothing waits for a service that will not be ready by itself, such as one without a key", async () => {
  const { run, askedAt } = held(says("NOT_READY"), {});
  expect((await run()).status).toBe(503);
  expect(askedAt).toEqual([0]);
});

test("what may have been done is not asked again", async () => {
  for (const kind of ["unknown", undefined] as const) {
    const { run, askedAt } = held(() => {
      const cause = kind && new NetError(kind, "ECONNRESET");
      throw new Problem("TIMEOUT", "It did not answer.", { cause });
    }, {});
    await expect(run()).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(askedAt).toEqual([0]);
  }
  const answered = held(says("UNAVAILABLE", 1_000), {});
  expect((await answered.run()).status).toBe(503);
  expect(answered.askedAt).toEqual([0]);
});

test("nothing is done any more for whoever has gone away meanwhile", async () => {
  const gone = new AbortController();
  const { run, askedAt, clock } = held(away, { doneAfterMs: 1_000, signal: gone.signal });
  clock.after(100, () => gone.abort());
  await expect(run()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(askedAt).toEqual([0, 50]);
});

test("a change waits for whoever answers for it to say so, a question and what nobody answers do not", async () => {
  const finding = async (isChange: boolean, code: "UNAVAILABLE" | "NOT_FOUND", foundAfterMs = 1_000) => {
    const clock = new VirtualClock(0);
    const find = async () => {
      if (clock.mono() < foundAfterMs) throw new Problem(code, "no");
      return "found";
    };
    let isOver = false;
    const work = untilFound(find, { clock, isChange }).catch((error: Problem) => error.code);
    void work.then(() => {
      isOver = true;
    });
    await clock.run(() => isOver);
    return `${await work} after ${Math.round(clock.mono() / 1_000)} s`;
  };
  expect(await finding(true, "UNAVAILABLE")).toBe("found after 1 s");
  expect(await finding(true, "UNAVAILABLE", 60_000)).toBe("UNAVAILABLE after 8 s");
  expect(await finding(false, "UNAVAILABLE")).toBe("UNAVAILABLE after 0 s");
  expect(await finding(true, "NOT_FOUND")).toBe("NOT_FOUND after 0 s");
});

test("what is still running is waited for where we have asked for it before, and told where we have not", async () => {
  const running = problemResponse(new Problem("STILL_RUNNING", "no", { retryAfterMs: 500 }));
  const first = held(() => running.clone(), { doneAfterMs: 1_000 });
  expect((await first.run()).status).toBe(409);
  expect(first.askedAt).toEqual([0]);
  const answers = [says("NOT_READY", 250), () => running.clone()];
  const repeated = held(() => (answers.length > 1 ? answers.shift() : answers[0])?.() as Response, {
    doneAfterMs: 1_000,
  });
  expect(await (await repeated.run()).text()).toBe("done");
});
