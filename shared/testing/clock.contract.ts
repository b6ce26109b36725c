/** What every Clock must do. */
import { describe, expect, test } from "bun:test";
import type { Clock } from "../kit/ports.ts";

export interface ClockWorld {
  clock: Clock;
  /** Lets time go on until the condition holds; fails when it never does. */
  until(holds: () => boolean): Promise<void>;
}

type Open = (onError: (error: unknown) => void) => ClockWorld;
type Quiet = () => ClockWorld;

export function clockContract(name: string, open: Open): void {
  const quiet = () => open((error) => expect.unreachable(String(error)));
  describe(name, () => {
    describe("waiting once", () => waitingOnce(quiet));
    describe("waiting again and again", () => waitingAgain(quiet));
    describe("sleeping and holding", () => sleepingAndHolding(quiet));

    test("what callbacks throw or reject with is reported, and time goes on", async () => {
      const errors: string[] = [];
      const { clock, until } = open((error) => errors.push((error as Error).message));
      let rounds = 0;
      clock.after(1_000, () => {
        throw new Error("thrown");
      });
      clock.after(2_000, async () => {
        throw new Error("rejected");
      });
      const cancel = clock.every(3_000, () => {
        rounds++;
        throw new Error("again");
      });
      await until(() => rounds === 2 && errors.length === 4);
      cancel();
      expect(errors.toSorted()).toEqual(["again", "again", "rejected", "thrown"]);
    });
  });
}

function waitingOnce(quiet: Quiet): void {
  test("callbacks run in the order they are due, equals in the order asked", async () => {
    const { clock, until } = quiet();
    const seen: string[] = [];
    clock.after(3_000, () => seen.push("third"));
    clock.after(1_000, () => seen.push("first"));
    clock.after(2_000, () => seen.push("second"));
    clock.after(2_000, () => seen.push("second again"));
    clock.after(-5, () => seen.push("at once"));
    await until(() => seen.length === 5);
    expect(seen).toEqual(["at once", "first", "second", "second again", "third"]);
  });

  test("no callback runs before its time or within the call that asked for it", async () => {
    const { clock, until } = quiet();
    const asked = clock.mono();
    let ran = Number.NaN;
    clock.after(1_000, () => {
      ran = clock.mono();
    });
    expect(ran).toBeNaN();
    await until(() => !Number.isNaN(ran));
    expect(ran - asked).toBeGreaterThanOrEqual(1_000);
  });

  test("a cancelled callback never runs; cancelling twice or too late does nothing", async () => {
    const { clock, until } = quiet();
    const seen: string[] = [];
    const cancel = clock.after(1_000, () => seen.push("cancelled"));
    const late = clock.after(2_000, () => seen.push("ran"));
    cancel();
    cancel();
    await until(() => seen.length > 0);
    late();
    expect(seen).toEqual(["ran"]);
  });

  test("a wait that is not a number is refused", () => {
    const { clock } = quiet();
    expect(() => clock.after(Number.NaN, () => {})).toThrow("Invariant");
  });

  test("now is whole or broken epoch milliseconds and mono never goes back", async () => {
    const { clock, until } = quiet();
    const [now, mono] = [clock.now(), clock.mono()];
    let done = false;
    clock.after(1_000, () => {
      done = true;
    });
    await until(() => done);
    expect(clock.now()).toBeGreaterThan(now);
    expect(clock.mono()).toBeGreaterThan(mono);
  });
}

function waitingAgain(quiet: Quiet): void {
  test("every fires once per multiple of its period", async () => {
    const { clock, until } = quiet();
    const slots: number[] = [];
    const begun = Math.floor(clock.now() / 1_000);
    const cancel = clock.every(1_000, () => slots.push(Math.floor(clock.now() / 1_000)));
    await until(() => slots.length === 5);
    cancel();
    expect(new Set(slots).size).toBe(5);
    expect(slots).toEqual([...slots].sort((a, b) => a - b));
    expect(slots[0]).toBeGreaterThan(begun);
  });

  test("every waits for an asynchronous callback before it fires again", async () => {
    const { clock, until } = quiet();
    let running = 0;
    let overlapped = false;
    let rounds = 0;
    const cancel = clock.every(1_000, async () => {
      overlapped ||= running > 0;
      running++;
      await clock.sleep(2_500);
      running--;
      rounds++;
    });
    await until(() => rounds === 3);
    cancel();
    expect(overlapped).toBe(false);
  });

  test("a cancelled every stops, also when it is cancelled in its own callback", async () => {
    const { clock, until } = quiet();
    let fired = 0;
    let past = false;
    const cancel = clock.every(1_000, () => {
      fired++;
      cancel();
    });
    clock.after(6_000, () => {
      past = true;
    });
    await until(() => past);
    expect(fired).toBe(1);
  });

  test("a period of zero or less is refused", () => {
    const { clock } = quiet();
    expect(() => clock.every(0, () => {})).toThrow("Invariant");
    expect(() => clock.every(-1, () => {})).toThrow("Invariant");
  });
}

function sleepingAndHolding(quiet: Quiet): void {
  test("sleep resolves; an abort rejects it with the signal's reason, before or during", async () => {
    const { clock, until } = quiet();
    const gone = new Error("gone");
    const control = new AbortController();
    const outcomes: unknown[] = [];
    clock.sleep(1_000).then(() => outcomes.push("slept"));
    clock.sleep(1e9, control.signal).catch((error) => outcomes.push(error));
    clock.sleep(1e9, AbortSignal.abort(gone)).catch((error) => outcomes.push(error));
    clock.after(2_000, () => control.abort(gone));
    await until(() => outcomes.length === 3);
    expect(outcomes).toEqual([gone, "slept", gone]);
  });

  test("hold gives what the work gave, failure included", async () => {
    const { clock, until } = quiet();
    const outcomes: unknown[] = [];
    clock.after(1_000, async () => {
      outcomes.push(await clock.hold(Promise.resolve(7)));
      await clock.hold(Promise.reject(new Error("broken"))).catch((error) => outcomes.push(error.message));
    });
    await until(() => outcomes.length === 2);
    expect(outcomes).toEqual([7, "broken"]);
  });
}
