import { expect, test } from "bun:test";
import { afterwardsOf, isShownInPromotion, newPromotion, promotionOf } from "./promotion-draft.ts";

const draft = newPromotion("shipped@3");

test("a canary has a share, hours and what follows", () => {
  expect(promotionOf(draft)).toEqual({
    asked: { bundle_id: "shipped", to_rev: 3, mode: "CANARY", traffic_pct: 10, duration_h: 24, afterwards: "RAMP" },
    problems: [],
  });
});
test("a ramp has no share of its own and no ramp after it; for all there is neither", () => {
  const { asked } = promotionOf({ ...draft, mode: "RAMP" });
  expect(asked).toEqual({ bundle_id: "shipped", to_rev: 3, mode: "RAMP", duration_h: 24, afterwards: "HOLD" });
  expect(afterwardsOf("RAMP")).toEqual(["HOLD", "FULL"]);
  const full = promotionOf({ ...draft, mode: "FULL", share: "x", hours: "", note: " at last " });
  expect(full).toEqual({ asked: { bundle_id: "shipped", to_rev: 3, mode: "FULL", note: "at last" }, problems: [] });
});
test("what is wrong is told at its field", () => {
  const { problems } = promotionOf({ ...draft, of: "", share: "60", hours: "soon" });
  expect(problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
    "to_rev choose",
    "traffic_pct share",
    "duration_h number",
  ]);
  expect(problems.every(isShownInPromotion)).toBe(true);
});
