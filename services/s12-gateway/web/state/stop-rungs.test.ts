import { describe, expect, test } from "bun:test";
import { dec, show } from "../../../../shared/domain/money.ts";
import { aTrade } from "../samples.ts";
import { rungsOf, stopFault } from "./stop-rungs.ts";

const rules = {
  break_even_roe: 0.05,
  lock_steps_roe: [0.2, 0.05, 0.1],
  stages: [
    { roe: 0.08, close: 0.3 },
    { roe: 0.06, close: 0.35 },
  ],
};
const grid = { tick: dec("0.1"), step: dec("0.001") };
/** 0.010 at 60 000 on 30 USDT: one per cent of ROE is 30 USDT of price. */
const trade = (change: Parameters<typeof aTrade>[0] = {}) =>
  aTrade({ params: { rules, taker_fee: 0.0005 }, ...change });
const rungs = (of = trade()) =>
  rungsOf(of, grid).map((rung) => [
    rung.kind,
    rung.atRoe,
    show(rung.atPrice),
    show(rung.kind === "stage" ? rung.qty : rung.stop),
    rung.state,
  ]);

describe("the ladder's rungs", () => {
  test("of a long: break-even with both fees, then each step locks the one before; stages by their ROE", () => {
    expect(rungs()).toEqual([
      ["break_even", 0.05, "60150", "60060.1", "next"],
      ["stage", 0.06, "60180", "0.003", "next"],
      ["stage", 0.08, "60240", "0.003", "later"],
      ["lock", 0.1, "60300", "60150", "later"],
      ["lock", 0.2, "60600", "60300", "later"],
    ]);
  });
  test("of a short they are below the entry", () => {
    const short = trade({ side: "SELL", stop_price: "60100" });
    expect(rungs(short).map((rung) => rung[3])).toEqual(["59940", "0.003", "0.003", "59850", "59700"]);
  });
  test("what the stop has passed is done, and so are stages taken", () => {
    const climbed = trade({ stop_price: "60150", stage: 1 });
    expect(rungs(climbed).map((rung) => rung[4])).toEqual(["done", "done", "next", "done", "next"]);
  });
  test("of a closed trade none is next", () => {
    const closed = trade({ status: "CLOSED", stop_price: "60150", stage: 1 });
    expect(rungs(closed).map((rung) => rung[4])).toEqual(["done", "done", "later", "done", "later"]);
  });
  test("a trade without rules or margin has none", () => {
    expect(rungs(trade({ params: {} }))).toEqual([]);
    expect(rungs(trade({ margin_usdt: "0" }))).toEqual([]);
  });
});

describe("a stop that is typed or dragged", () => {
  const at = { price: "60200", tick: "0.1" };
  const faults = (texts: string[], of = trade()) => texts.map((text) => stopFault(of, text, at));
  test("is on the tick, on the losing side of the price, and never back", () => {
    expect(faults(["60100", " 60,100.5 ", "60000.05", "60200", "59900", "59000", "x", "-1"])).toEqual([
      undefined,
      undefined,
      "off_tick",
      "past",
      "back",
      "back",
      "not_a_price",
      "not_a_price",
    ]);
  });
  test("of a short comes down", () => {
    expect(faults(["60300", "60200", "60500"], trade({ side: "SELL", stop_price: "60400" }))).toEqual([
      undefined,
      "past",
      "back",
    ]);
  });
});
