import { expect, test } from "bun:test";
import { Premium } from "./premium.ts";

test("later premiums count more, a new interval begins anew, and the rate follows Binance's clamp", () => {
  const premium = new Premium();
  expect(premium.rate()).toBe(0.0001);
  // (1 × 0.0001 + 2 × 0.0004 + 3 × 0.0019) ÷ 6 = 0.0011; less 0.05 %
  for (const each of [0.0001, 0.0004, 0.0019]) premium.add(1, each);
  expect(premium.rate()).toBe(0.0006);
  premium.add(2, 0.0003);
  expect(premium.rate()).toBe(0.0001);
  premium.add(2, -0.003);
  // (0.0003 − 0.006) ÷ 3 = −0.0019; pulled back by 0.05 %
  expect(premium.rate()).toBe(-0.0014);
});
