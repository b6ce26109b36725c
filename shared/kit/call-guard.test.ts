import { beforeEach, describe, expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { Problem } from "../errors.ts";
import { createGuard, type Guard, untilOwned } from "./call-guard.ts";

let clock: VirtualClock;
let guard: Guard;
let calls: number;
beforeEach(() => {
  clock = new VirtualClock(0);
  guard = createGuard("s04", clock, seededRandom(1));
  calls = 0;
});

const away = () => {
  calls++;
  return Promise.reject(new Problem("UNAVAILABLE", "away"));
};
const refusing = () => {
  calls++;
  return Promise.reject(new Problem("RULE", "no"));
};
const there = async () => {
  calls++;
  return "here";
};
/** Runs to the end on the virtual clock; a failure is its code. */
async function run(call: () => Promise<string>, mayRepeat = true, msMax = 60_000): Promise<string> {
  let outcome = "";
  void guard.run(call, mayRepeat, clock.mono() + msMax).then(
    (answer) => {
      outcome = answer;
    },
    (error: Problem) => {
      outcome = error.code;
    },
  );
  await clock.run(() => outcome !== "");
  return outcome;
}

describe("retries", () => {
  test("a repeatable call is tried three times in all", async () => {
    expect(await run(away)).toBe("UNAVAILABLE");
    expect(calls).toBe(3);
  });
  test("what may not be repeated is tried once", async () => {
    expect(await run(away, false)).toBe("UNAVAILABLE");
    expect(calls).toBe(1);
  });
  test("what the callee refused is an answer", async () => {
    expect(await run(refusing)).toBe("RULE");
    expect(calls).toBe(1);
  });
  test("nothing is tried again past the deadline", async () => {
    expect(await run(away, true, 10)).toBe("UNAVAILABLE");
    expect(calls).toBe(1);
  });
  test("the second try may succeed", async () => {
    let isFirst = true;
    const flaky = () => {
      if (!isFirst) return there();
      isFirst = false;
      return away();
    };
    expect(await run(flaky)).toBe("here");
    expect(calls).toBe(2);
  });
  test("the budget ends the retries of a long bad spell, one per ten calls remain", async () => {
    let made = 0;
    for (let i = 0; i < 200; i++) {
      await run(there);
      calls = 0;
      const flaky = () => (calls === 0 ? away() : there());
      await run(flaky);
      made += calls - 1;
    }
    expect(made).toBeGreaterThan(30);
    expect(made).toBeLessThan(60);
  });
});

describe("the breaker", () => {
  const open = async () => {
    for (let i = 0; i < 5; i++) await run(away, false);
  };
  test("opens after five failures in a row, and then asks nobody", async () => {
    await open();
    expect(guard.state()).toBe("open");
    calls = 0;
    expect(await run(there)).toBe("UNAVAILABLE");
    expect(calls).toBe(0);
  });
  test("lets one call through after a while; its success closes it", async () => {
    await open();
    await clock.run(clock.now() + 600);
    expect(guard.state()).toBe("half-open");
    expect(await run(there)).toBe("here");
    expect(guard.state()).toBe("closed");
  });
  test("its failure opens it again, for longer", async () => {
    await open();
    await clock.run(clock.now() + 600);
    await run(away, false);
    await clock.run(clock.now() + 600);
    expect(guard.state()).toBe("open");
    await clock.run(clock.now() + 600);
    expect(guard.state()).toBe("half-open");
  });
  test("refusals never open it", async () => {
    for (let i = 0; i < 20; i++) await run(refusing, false);
    expect(guard.state()).toBe("closed");
  });
});

describe("while a shard changes hands", () => {
  const between = (takenAt: number) => () => {
    calls++;
    if (clock.mono() < takenAt) return Promise.reject(new Problem("NOT_OWNER", "nobody yet"));
    return there();
  };
  test("it is asked again until somebody answers, and the breaker stays closed", async () => {
    const call = () => untilOwned(between(3_000), clock, 10_000);
    expect(await run(call)).toBe("here");
    expect(clock.mono()).toBeLessThan(4_000);
    expect(calls).toBeLessThan(10);
    expect(guard.state()).toBe("closed");
  });
  test("not past the deadline", async () => {
    const call = () => untilOwned(between(60_000), clock, 2_000);
    expect(await run(call, true, 2_000)).toBe("NOT_OWNER");
    expect(clock.mono()).toBeLessThanOrEqual(2_000);
  });
  test("what else is refused is an answer", async () => {
    expect(await run(() => untilOwned(refusing, clock, 10_000))).toBe("RULE");
    expect(calls).toBe(1);
  });
});
