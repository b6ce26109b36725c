/** The tests of one phase's steps: a kill at each of them, alone and among each fault of the venue. */
import { describe, expect, test } from "bun:test";
import { FAULTS } from "../venue/fault-table.ts";
import { FUT, SPOT } from "./desk.fixture.ts";
import { live, liveThrough } from "./fault-cases.fixture.ts";
import { type Phase, STEPS } from "./steps.fixture.ts";

/** Neighbours in the table meet the other market. */
export function testSteps(phase: Phase): void {
  const steps = STEPS.filter((step) => step.phase === phase);
  describe(`a kill at each step of the ${phase}`, () => {
    for (const kill of steps) {
      for (const instrument of [FUT, SPOT]) {
        const alone = { instrument, phase, faults: () => [], seed: kill.name, kill };
        test(`${instrument}: ${kill.name}`, async () => expect(await live(alone)).toEqual([]));
      }
    }
  });
  describe(`a kill at each step of the ${phase} among each fault`, () => {
    for (const [nth, kill] of steps.entries()) {
      for (const [mth, [fault, faults]] of Object.entries(FAULTS).entries()) {
        const instrument = (nth + mth) % 2 === 0 ? FUT : SPOT;
        const what = `${instrument}: ${kill.name}; ${fault}`;
        const among = { instrument, phase, faults, seed: what, kill };
        test(what, async () => expect((await liveThrough(among)).troubles).toEqual([]));
      }
    }
  });
}
