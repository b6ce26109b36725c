/** Worked examples of size, stop and target, with the arithmetic beside the numbers. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FeatureSet, FeatureValues } from "../../domain/decision.ts";
import type { Instrument } from "../../domain/instrument.ts";
import { abs, add, dec, div, isOnStep, mul, sub, toNumber } from "../../domain/money.ts";
import type { Side } from "../../domain/order.ts";
import { compileBundle } from "./compiled.ts";
import { featuresWith, listingOf, viewWith } from "./decision.fixture.ts";
import { type SizingInput, sizeEntry } from "./sizing.ts";

const { sizing, position } = compileBundle(viewWith()).strategies.get("lean")!;
interface Given extends Partial<Omit<SizingInput, "features" | "instrument" | "sizing">> {
  values?: FeatureValues;
  features?: Partial<FeatureSet>;
  listing?: Partial<Instrument>;
  sizing?: Partial<SizingInput["sizing"]>;
}
const inputOf = ({ values, features, listing, sizing: rules, ...change }: Given = {}): SizingInput => ({
  side: "BUY",
  instrument: listingOf(features?.instrument ?? "FUT:BTCUSDT", listing),
  features: featuresWith(values, features),
  sizing: { ...sizing, ...rules },
  position,
  size_mult: 1,
  tp_mult: 1,
  sl_mult: 1,
  taker_fee: 0.0005,
  ...change,
});
function sized(given: Given = {}) {
  const { sizing: made, reason } = sizeEntry(inputOf(given));
  if (!made) throw new Error(reason);
  const { steps, ...numbers } = made;
  expect(steps.length).toBeGreaterThanOrEqual(6);
  return numbers;
}
const reasonOf = (given: Given) => sizeEntry(inputOf(given)).reason;

describe("futures", () => {
  test("a long at defaults", () => {
    expect(sized()).toEqual({
      entry_price: "60000.1", // the ask
      qty: "0.006", // 20 × 1 × 20 = 400; 400 / 60000.1 = 0.00666…, down to 0.001
      notional_usdt: "360.0006", // 0.006 × 60000.1
      leverage: 20,
      margin_usdt: "18.00003", // 360.0006 / 20
      stop_price: "59970.1", // min(1.5 × 20 × 1, 1.2 / 0.006 = 200) = 30
      // goal 0.1 × 18.00003 = 1.800003; (360.0006 × 1.0005 + 1.800003) / (0.006 × 0.9995) = 60360.2806…, up
      take_profit_price: "60360.3",
      // 0.006 × 30 = 0.18; fees 0.0005 × (360.0006 + 359.8206) = 0.3599106
      worst_loss_usdt: "0.5399106",
    });
  });

  test("a short mirrors it", () => {
    expect(sized({ side: "SELL" })).toEqual({
      entry_price: "60000", // the bid
      qty: "0.006",
      notional_usdt: "360",
      leverage: 20,
      margin_usdt: "18",
      stop_price: "60030", // 60000 + 30
      // goal 1.8; (360 × 0.9995 − 1.8) / (0.006 × 1.0005) = 59640.1799…, down
      take_profit_price: "59640.1",
      worst_loss_usdt: "0.54009", // 0.18 + 0.0005 × (360 + 360.18)
    });
  });

  test("the loss cap holds a wide stop: 1.2 / 0.006 = 200, not 1.5 × 500", () => {
    expect(sized({ values: { atr_14_5s: 500 } }).stop_price).toBe("59800.1");
  });

  test.each<[string, number | null, number, string]>([
    ["FROZEN", -1, 1, "59980.1"], // 1 × 20
    ["NORMAL", 0, 1, "59970.1"], // 1.5 × 20
    ["EXTREME", 1, 1, "59960.1"], // 2 × 20
    ["unknown, as NORMAL", null, 1, "59970.1"],
    ["a rule's 2.5", 0, 2.5, "59925.1"], // 1.5 × 20 × 2.5 = 75
  ])("the stop in %s", (_name, regime, sl_mult, stop) => {
    expect(sized({ values: { regime }, sl_mult }).stop_price).toBe(stop);
  });

  test("size multipliers, health included, shrink the margin", () => {
    // 20 × 0.4 × 20 = 160; 160 / 60000.1 = 0.00266…
    expect(sized({ size_mult: 0.8 * 0.5 })).toMatchObject({ qty: "0.002", margin_usdt: "6.00001" });
  });

  test("the target moves with tp_mult", () => {
    // goal 0.1 × 18.00003 × 0.5 = 0.9000015; (360.1806003 + 0.9000015) / 0.005997 = 60210.2054…, up
    expect(sized({ tp_mult: 0.5 }).take_profit_price).toBe("60210.3");
  });

  test("funding that falls due within the trade's time is paid for by the target; what it earns isn't counted", () => {
    const due = { funding_rate: 0.0004, minutes_to_funding: 60 };
    // 360.0006 × 0.0004 = 0.14400024; (360.1806003 + 1.800003 + 0.14400024) / 0.005997 = 60384.2927…, up
    expect(sized({ values: due }).take_profit_price).toBe("60384.3");
    expect(sized({ values: { ...due, funding_rate: -0.0004 } }).take_profit_price).toBe("60360.3");
    expect(sized({ values: { ...due, minutes_to_funding: 240.1 } }).take_profit_price).toBe("60360.3");
  });

  test("the quantity never exceeds the exchange's greatest", () => {
    expect(sized({ listing: { max_qty: "0.0035" } }).qty).toBe("0.003");
  });
});

describe("spot", () => {
  test("a buy at defaults", () => {
    const features = { instrument: "SPOT:BTCUSDT", bid: "60000.00", ask: "60000.01" };
    expect(sized({ features, taker_fee: 0.001, sizing: { take_profit_roe: 0.001 } })).toEqual({
      entry_price: "60000.01",
      qty: "0.00166", // 100 / 60000.01 = 0.001666…, down to 0.00001
      notional_usdt: "99.6000166",
      leverage: 1,
      margin_usdt: "99.6000166",
      stop_price: "59970.01", // min(1.5 × 20, 1.2 / 0.00166 = 722.9) = 30
      // goal 0.0996000166; (99.6000166 × 1.001 + 0.0996000166) / (0.00166 × 0.999) = 60180.1902…, up to 0.01
      take_profit_price: "60180.2",
      // 0.00166 × 30 = 0.0498; fees 0.001 × (99.6000166 + 99.5502166) = 0.1991502332
      worst_loss_usdt: "0.2489502332",
    });
  });
});

describe("no size", () => {
  test.each<[string, Given]>([
    ["below_min_qty", { sizing: { margin_usdt: "2" } }], // 40 / 60000.1 < 0.001
    ["below_min_qty", { listing: { min_qty: "0.007" } }],
    ["below_min_notional", { listing: { min_notional: "360.0007" } }],
    ["no_atr", { values: { atr_14_5s: null } }],
    ["no_atr", { values: { atr_14_5s: 0 } }],
    ["no_atr", { sizing: { atr: "atr_14_1d" } }],
    ["stop_too_tight", { values: { atr_14_5s: 0.01 } }], // 0.015 is less than a tick
    ["stop_too_tight", { features: { bid: "59960.0" } }], // the bid is below the stop
    ["no_quote", { features: { ask: undefined } }],
    ["target_out_of_range", { side: "SELL", sizing: { leverage: 1, margin_usdt: "400", take_profit_roe: 10 } }],
  ])("%s", (reason, given) => {
    expect(reasonOf(given)).toBe(reason);
  });
});

test("whatever is sized stays within its limits", () => {
  const price = fc.integer({ min: 1_000, max: 1_000_000 });
  const given = fc.record({
    side: fc.constantFrom<Side>("BUY", "SELL"),
    ticks: price,
    atr: fc.double({ min: 0.001, max: 5_000, noNaN: true }),
    size_mult: fc.double({ min: 0.25, max: 1.2, noNaN: true }),
    tp_mult: fc.double({ min: 0.5, max: 1.5, noNaN: true }),
    sl_mult: fc.double({ min: 0.8, max: 2.5, noNaN: true }),
  });
  let made = 0;
  const hold = ({
    ticks,
    atr,
    ...rest
  }: ReturnType<typeof fc.sample<{ ticks: number; atr: number; side: Side }>>[0]) => {
    const bid = (ticks / 10).toFixed(1);
    const ask = ((ticks + 1) / 10).toFixed(1);
    const { sizing: one } = sizeEntry(inputOf({ ...rest, values: { atr_14_5s: atr }, features: { bid, ask } }));
    if (!one) return;
    made += 1;
    const [qty, entry, stop, target] = [one.qty, one.entry_price, one.stop_price!, one.take_profit_price!].map(dec);
    const tick = dec("0.1");
    expect([isOnStep(qty!, dec("0.001")), isOnStep(stop!, tick), isOnStep(target!, tick)]).toEqual([true, true, true]);
    expect(mul(qty!, abs(sub(entry!, stop!))) <= dec("1.2")).toBe(true);
    const sign = rest.side === "BUY" ? 1 : -1;
    expect(Math.sign(toNumber(sub(entry!, stop!)))).toBe(sign);
    const gross = mul(qty!, sign === 1 ? sub(target!, entry!) : sub(entry!, target!));
    const fees = mul(mul(qty!, add(entry!, target!)), dec("0.0005"));
    const roe = toNumber(div(sub(gross, fees), dec(one.margin_usdt), "nearest"));
    expect(roe).toBeGreaterThanOrEqual(0.1 * (rest as never as { tp_mult: number }).tp_mult - 1e-8);
  };
  fc.assert(fc.property(given, hold), { seed: 20, numRuns: 500 });
  expect(made).toBeGreaterThan(200);
});
