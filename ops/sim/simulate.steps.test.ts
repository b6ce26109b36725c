import { describe, expect, test } from "bun:test";
import { FUT, SPOT } from "./desk.fixture.ts";
import { FAULTS, live, liveThrough } from "./fault-cases.fixture.ts";
import { STEPS } from "./steps.fixture.ts";

describe("a kill at each step of the order path", () => {
  for (const kill of STEPS) {
    for (const instrument of [FUT, SPOT]) {
      test(`${instrument}: ${kill.phase}: ${kill.name}`, async () => {
        const of = { instrument, phase: kill.phase, faults: () => [], seed: kill.name, kill };
        expect(await live(of)).toEqual([]);
      }, 30_000);
    }
  }
});

describe("a kill at each step among each fault", () => {
  for (const [nth, kill] of STEPS.entries()) {
    for (const [mth, [fault, faults]] of Object.entries(FAULTS).entries()) {
      const instrument = (nth + mth) % 2 === 0 ? FUT : SPOT;
      const what = `${instrument}: ${kill.phase}: ${kill.name}; ${fault}`;
      test(what, async () => {
        const { troubles } = await liveThrough({ instrument, phase: kill.phase, faults, seed: what, kill });
        expect(troubles).toEqual([]);
      }, 30_000);
    }
  }
});
