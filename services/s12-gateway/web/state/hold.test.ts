import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CLICK_MS, decideHold, HOLD_MS, type HoldInput, idle, progressOf } from "./hold.ts";

function play(inputs: HoldInput[]) {
  let hold = idle;
  const outcomes: string[] = [];
  for (const input of inputs) {
    const next = decideHold(hold, input);
    hold = next.hold;
    if (next.outcome) outcomes.push(next.outcome);
  }
  return { hold, outcomes };
}

describe("hold to fire", () => {
  test("a full hold fires once, however many frames follow", () => {
    const { outcomes } = play([
      { kind: "press", at: 0 },
      { kind: "frame", at: HOLD_MS - 1 },
      { kind: "frame", at: HOLD_MS },
      { kind: "frame", at: HOLD_MS + 16 },
      { kind: "release", at: HOLD_MS + 50 },
    ]);
    expect(outcomes).toEqual(["fire"]);
  });
  test("letting go early does nothing, a short press is a click", () => {
    expect(
      play([
        { kind: "press", at: 0 },
        { kind: "release", at: HOLD_MS - 1 },
      ]).outcomes,
    ).toEqual([]);
    expect(
      play([
        { kind: "press", at: 0 },
        { kind: "release", at: CLICK_MS - 1 },
      ]).outcomes,
    ).toEqual(["click"]);
  });
  test("leaving the button ends the hold without a click", () => {
    expect(
      play([
        { kind: "press", at: 0 },
        { kind: "cancel", at: 50 },
        { kind: "release", at: 60 },
      ]).outcomes,
    ).toEqual([]);
    expect(
      play([
        { kind: "press", at: 0 },
        { kind: "cancel", at: 50 },
        { kind: "frame", at: HOLD_MS },
      ]).outcomes,
    ).toEqual([]);
  });
  test("a repeating key does not start the hold again", () => {
    const { hold } = play([
      { kind: "press", at: 0 },
      { kind: "press", at: 500 },
    ]);
    expect(progressOf(hold, 500)).toBe(0.5);
  });
  test("whatever happens, it never fires without being held for the whole time", () => {
    const input = fc.record({ kind: fc.constantFrom("press", "release", "cancel", "frame"), gap: fc.nat(700) });
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), (steps) => {
        let at = 0;
        let hold = idle;
        let heldSince: number | undefined;
        for (const step of steps) {
          at += step.gap;
          const next = decideHold(hold, { kind: step.kind, at } as HoldInput);
          if (step.kind === "press") heldSince ??= at;
          if (next.outcome === "fire") expect(at - (heldSince ?? at)).toBeGreaterThanOrEqual(HOLD_MS);
          if (step.kind === "release" || step.kind === "cancel") heldSince = undefined;
          hold = next.hold;
        }
      }),
      { seed: 11 },
    );
  });
});
