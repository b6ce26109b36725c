import { describe, expect, test } from "bun:test";
import { clockContract } from "../testing/clock.contract.ts";
import { VirtualClock } from "./virtual-clock.ts";

const START = 1_700_000_000_000;

clockContract("virtual clock", (onError) => {
  const clock = new VirtualClock(START, onError);
  return {
    clock,
    async until(holds) {
      await clock.run(holds);
      if (!holds()) throw new Error("it never came");
    },
  };
});

describe("order", () => {
  test("equal times go by order string, then by age", async () => {
    const clock = new VirtualClock(START);
    const seen: string[] = [];
    for (const [order, what] of [
      ["FUT:ETHUSDT", "eth"],
      ["FUT:BTCUSDT", "btc 1"],
      ["", "none"],
      ["FUT:BTCUSDT", "btc 2"],
    ] as const) {
      clock.after(5, () => seen.push(what), order);
    }
    await clock.run();
    expect(seen).toEqual(["none", "btc 1", "btc 2", "eth"]);
  });

  test("every promise that can go on does so before the next event, at the same time", async () => {
    const clock = new VirtualClock(START);
    const seen: [string, number][] = [];
    const note = (what: string) => seen.push([what, clock.now() - START]);
    clock.after(10, async () => {
      note("a");
      await null;
      await new Promise<void>((resolve) => process.nextTick(resolve));
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      note("a, later");
    });
    clock.after(10, () => note("b"));
    clock.after(11, () => note("c"));
    await clock.run();
    expect(seen).toEqual([
      ["a", 10],
      ["a, later", 10],
      ["b", 10],
      ["c", 11],
    ]);
  });

  test("any mix of waits and cancellations runs as a sorted list would", async () => {
    const clock = new VirtualClock();
    const expected: [number, number][] = [];
    const seen: [number, number][] = [];
    const cancels: (() => void)[] = [];
    let state = 12345;
    const draw = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state % below;
    };
    for (let n = 0; n < 20_000; n++) {
      const ms = draw(500);
      const cancel = clock.after(ms, () => seen.push([ms, n]));
      if (draw(10) < 7) cancels.push(cancel);
      else expected.push([ms, n]);
    }
    for (const cancel of cancels) cancel();
    expect(clock.waiting).toBe(expected.length);
    await clock.run();
    expected.sort(([ms1, n1], [ms2, n2]) => ms1 - ms2 || n1 - n2);
    expect(seen).toEqual(expected);
    expect(clock.waiting).toBe(0);
  });
});

describe("run", () => {
  test("to a time runs what is due by then, that moment included, and stands there", async () => {
    const clock = new VirtualClock(START);
    const seen: number[] = [];
    for (const ms of [99, 100, 101]) clock.after(ms, () => seen.push(ms));
    await clock.run(START + 100);
    expect(seen).toEqual([99, 100]);
    expect(clock.now()).toBe(START + 100);
    expect(clock.mono()).toBe(100);
    await clock.run(START + 50);
    expect(clock.now()).toBe(START + 100);
  });

  test("ends when nothing is due, with now at the last event", async () => {
    const clock = new VirtualClock(START);
    clock.after(70, () => clock.after(30, () => {}));
    await clock.run();
    expect(clock.now()).toBe(START + 100);
  });

  test("without onError throws what a callback threw or rejected with", async () => {
    const clock = new VirtualClock(START);
    clock.after(1, () => {
      throw new Error("thrown");
    });
    clock.after(2, async () => {
      await null;
      throw new Error("rejected");
    });
    await expect(clock.run()).rejects.toThrow("thrown");
    await expect(clock.run()).rejects.toThrow("rejected");
  });

  test("a second run meanwhile is refused", async () => {
    const clock = new VirtualClock(START);
    let refused = "";
    clock.after(1, async () => {
      await clock.run().catch((error) => {
        refused = error.message;
      });
    });
    await clock.run();
    expect(refused).toContain("once at a time");
  });

  test("every fires exactly on multiples; one that slept skips to the next", async () => {
    const clock = new VirtualClock(START + 1);
    const quick: number[] = [];
    const slow: number[] = [];
    clock.every(250, () => quick.push(clock.now() - START));
    clock.every(250, async () => {
      slow.push(clock.now() - START);
      await clock.sleep(300);
    });
    await clock.run(START + 1_000);
    expect(quick).toEqual([250, 500, 750, 1_000]);
    expect(slow).toEqual([250, 750]);
  });
});

describe("hold", () => {
  test("time stands still, and holds complete in the order taken however long each takes", async () => {
    const clock = new VirtualClock(START);
    const seen: [string, number][] = [];
    const work = (what: string, realMs: number) => async () => {
      await clock.hold(Bun.sleep(realMs));
      seen.push([what, clock.now() - START]);
      await null;
      seen.push([`${what}, later`, clock.now() - START]);
    };
    clock.after(10, () => {
      work("slow", 6)();
      work("fast", 0)();
      work("middle", 3)();
    });
    clock.after(11, () => seen.push(["next", clock.now() - START]));
    await clock.run();
    expect(seen).toEqual([
      ["slow", 10],
      ["slow, later", 10],
      ["fast", 10],
      ["fast, later", 10],
      ["middle", 10],
      ["middle, later", 10],
      ["next", 11],
    ]);
  });

  test("a hold taken before the run is waited for", async () => {
    const clock = new VirtualClock(START);
    const seen: string[] = [];
    clock.hold(Bun.sleep(3)).then(() => seen.push("held"));
    clock.after(0, () => seen.push("event"));
    await clock.run();
    expect(seen).toEqual(["held", "event"]);
  });
});
