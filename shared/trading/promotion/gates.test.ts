/** The gates of health and steps, each over its edge and back; who has a revision, and who keeps it from being done. */
import { expect, test } from "bun:test";
import { failedIn, healthGate, stepsGate } from "./gates.ts";
import { isHeldByAll, missingIn, refusalsOf, revisionsHeld, wantedOf } from "./revisions-held.ts";

test("health: better than ORANGE, and ORANGE where nobody answers", () => {
  const states = (["GREEN", "YELLOW", "ORANGE", "RED"] as const).map(
    (level) => healthGate({ level, reasons: [] }).state,
  );
  expect(states).toEqual(["PASSED", "PASSED", "FAILED", "FAILED"]);
  expect(healthGate(undefined)).toMatchObject({ state: "FAILED", value: "ORANGE" });
  expect(healthGate(undefined).detail).toContain("does not answer");
});

test("steps: RAMP after a CANARY and FULL after a RAMP that stood, of the same content", () => {
  const did = (mode: "CANARY" | "RAMP", status: "DONE" | "ABORTED" | "ROLLED_BACK") => [{ mode, status }];
  const stateOf = (...asked: Parameters<typeof stepsGate>) => stepsGate(...asked).state;
  expect(stateOf("CANARY", [], true)).toBe("PASSED");
  expect(stateOf("RAMP", [], true)).toBe("FAILED");
  expect(stateOf("RAMP", did("CANARY", "DONE"), true)).toBe("PASSED");
  expect(stateOf("RAMP", did("CANARY", "ROLLED_BACK"), true)).toBe("FAILED");
  expect(stateOf("FULL", did("CANARY", "DONE"), true)).toBe("FAILED");
  expect(stateOf("FULL", did("RAMP", "ABORTED"), true)).toBe("FAILED");
  expect(stateOf("FULL", did("RAMP", "DONE"), true)).toBe("PASSED");
  expect(stateOf("FULL", [], false)).toBe("PASSED");
  expect(failedIn([stepsGate("FULL", [], true), healthGate({ level: "GREEN", reasons: [] })])).toHaveLength(1);
});

const s03 = { service: "s03", replica: "1", answered: true, rev: 4 };
const s04 = { ...s03, service: "s04", replica: "2" };

test("a canary is held by all when every replica runs both revisions", () => {
  const wanted = wantedOf({ promotion_id: "p", mode: "CANARY", rev: 5, from_rev: 4 });
  expect(wanted).toEqual({ rev: 4, canary_rev: 5, promotion_id: "p" });
  const some = revisionsHeld([{ ...s03, canary_rev: 5, promotion_id: "p" }, s04], wanted);
  expect(isHeldByAll(some)).toBe(false);
  expect(missingIn(some)).toBe("s04 replica 2 (waiting)");
  expect(
    isHeldByAll(
      revisionsHeld(
        [s03, s04].map((one) => ({ ...one, canary_rev: 5, promotion_id: "p" })),
        wanted,
      ),
    ),
  ).toBe(true);
  expect(isHeldByAll([])).toBe(false);
});

test("a ramp is not held by who still runs the canary before it, which has the same revision", () => {
  const wanted = wantedOf({ promotion_id: "ramp", mode: "RAMP", rev: 5, from_rev: 4 });
  const stateOf = (promotion_id: string) => revisionsHeld([{ ...s03, canary_rev: 5, promotion_id }], wanted)[0]?.state;
  expect([stateOf("canary"), stateOf("ramp")]).toEqual(["WAITING", "HAS"]);
});

test("a revision for all is held when no replica runs a canary any more; away and refused are told apart", () => {
  const wanted = wantedOf({ promotion_id: "p", mode: "FULL", rev: 5, from_rev: 4 });
  const held = revisionsHeld(
    [
      { ...s03, rev: 5 },
      { ...s03, rev: 5, canary_rev: 6 },
      { ...s04, answered: false, rev: 0 },
      { ...s04, refused_rev: 5, error: "no such model" },
    ],
    wanted,
  );
  expect(held.map(({ state }) => state)).toEqual(["HAS", "WAITING", "AWAY", "REFUSED"]);
  expect(refusalsOf(held)).toEqual([expect.objectContaining({ service: "s04", error: "no such model" })]);
  expect(missingIn(held)).toBe("s03 (waiting), s04 replica 2 (away), s04 replica 2 (refused)");
});
