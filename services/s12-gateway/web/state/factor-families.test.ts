import { expect, test } from "bun:test";
import type { FactorFamily } from "../../../../shared/client/gen/types.ts";
import { describeFamily, FAMILIES, parseFactor } from "../../../../shared/trading/factors/registry.ts";
import { familyOf, unitOf, windowOf } from "./factor-families.ts";

const families = FAMILIES.map(describeFamily) as unknown as FactorFamily[];
const of = (id: string) => familyOf(id, families);

test("every family is found by its own example, as the engine finds it", () => {
  for (const { example, family } of families) {
    expect(of(example)?.family).toBe(family);
    expect(parseFactor(example)?.family.family).toBe(family);
  }
  expect(of("rv_20_1d@SPOT:BTCUSDT")?.pattern).toBe("rv_{n}_{tf}");
  expect(of("nothing_14")).toBeUndefined();
});

test("units are those that the formula and the id tell", () => {
  const unit = (id: string) => unitOf(of(id)!);
  expect([unit("spread_bps"), unit("ret_10s"), unit("depth_top3_usdt")]).toEqual(["bps", "bps", "usdt"]);
  expect([unit("mid"), unit("last"), unit("tr_1m"), unit("rsi_14_5m")]).toEqual(["price", "price", "price", undefined]);
});

test("history is kept by the factor's own bars, else by the minute, and not of bars shorter than that", () => {
  const window = (id: string) => windowOf(id, of(id)!);
  expect(["rsi_14_5m", "atr_14_1d", "ret_10s", "regime", "mid"].map(window)).toEqual(["5m", "1d", "1m", "1m", "1m"]);
  expect(window("rsi_14_5s")).toBeUndefined();
  expect(window("rv_20_1d@SPOT:BTCUSDT")).toBe("1d");
});
