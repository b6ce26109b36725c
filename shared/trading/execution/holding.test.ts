import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { add, dec, fromSteps, mul, neg, show, sub, sum } from "../../domain/money.ts";
import { applyFill, type HeldFill, type HeldState, leaveAsDust } from "./holding.ts";

const FUT = { spot: false, base: "BTC", step_size: "0.001" };
const SPOT = { spot: true, base: "BTC", step_size: "0.001" };
const blank: HeldState = { qty: "0", avg_entry: "0", reserved_usdt: "0", dust: "0" };
const fill = (side: "BUY" | "SELL", qty: string, price = "100", fee = "0", fee_asset = "USDT"): HeldFill => ({
  side,
  qty,
  price,
  fee,
  fee_asset,
});

describe("a holding", () => {
  const rows: [string, HeldState, HeldFill, typeof FUT, object][] = [
    ["opens", blank, fill("BUY", "1"), FUT, { qty: "1", avg_entry: "100", side: "BUY" }],
    [
      "averages as it grows",
      { ...blank, qty: "1", avg_entry: "100", side: "BUY" },
      fill("BUY", "3", "104"),
      FUT,
      { qty: "4", avg_entry: "103" },
    ],
    [
      "gives back its share of the reservation as it shrinks",
      { ...blank, qty: "4", avg_entry: "100", side: "BUY", reserved_usdt: "2" },
      fill("SELL", "1"),
      FUT,
      { qty: "3", avg_entry: "100", reserved_usdt: "1.5" },
    ],
    [
      "is flat and reserves nothing when all is gone",
      { ...blank, qty: "1", avg_entry: "100", side: "SELL", reserved_usdt: "2" },
      fill("BUY", "1"),
      FUT,
      { qty: "0", side: undefined, reserved_usdt: "0" },
    ],
    [
      "turns round with what an exit moved beyond it",
      { ...blank, qty: "1", avg_entry: "100", side: "BUY" },
      fill("SELL", "3", "90"),
      FUT,
      { qty: "2", avg_entry: "90", side: "SELL" },
    ],
    ["counts spot net of a base fee", blank, fill("BUY", "1", "100", "0.001", "BTC"), SPOT, { qty: "0.999" }],
    [
      "keeps as dust what cannot be sold",
      { ...blank, qty: "0.9995", avg_entry: "100", side: "BUY" },
      fill("SELL", "0.999"),
      SPOT,
      { qty: "0", dust: "0.0005", side: undefined },
    ],
    [
      "is flat, never short, when more is sold on spot than it held",
      { ...blank, qty: "0.5", avg_entry: "100", side: "BUY" },
      fill("SELL", "1"),
      SPOT,
      { qty: "0", side: undefined },
    ],
    ["stays flat when something else is sold on spot", blank, fill("SELL", "1"), SPOT, { qty: "0" }],
  ];
  test.each(rows)("%s", (_what, held, next, rules, expected) => {
    expect(applyFill(held, next, rules)).toMatchObject(expected);
  });

  test("a rest too small for the exchange is left in the wallet", () => {
    expect(leaveAsDust({ ...blank, qty: "0.01", dust: "0.02", side: "BUY" })).toMatchObject({ qty: "0", dust: "0.03" });
  });

  test("is the signed sum of its fills, and reserves no more than it was given", () => {
    const some = fc.array(fc.tuple(fc.constantFrom<"BUY" | "SELL">("BUY", "SELL"), fc.integer({ min: 1, max: 99 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(some, (moves) => {
        let held: HeldState = { ...blank, reserved_usdt: "0" };
        for (const [side, lots] of moves) {
          const before = dec(held.reserved_usdt);
          held = applyFill(held, fill(side, show(fromSteps(lots, dec("0.001")))), FUT);
          expect(dec(held.reserved_usdt) <= before).toBe(true);
          if (held.qty !== "0" && held.reserved_usdt === "0") held = { ...held, reserved_usdt: "5" };
        }
        const net = sum(moves.map(([side, lots]) => mul(dec(side === "BUY" ? 1 : -1), fromSteps(lots, dec("0.001")))));
        const signed = held.side === "SELL" ? neg(dec(held.qty)) : dec(held.qty);
        expect(show(signed)).toBe(show(net));
      }),
      { seed: 41, numRuns: 200 },
    );
  });

  test("spot: what was bought net of fees is held, sold or dust", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 10 }), (buys) => {
        let held: HeldState = blank;
        let net = dec("0");
        for (const lots of buys) {
          const qty = fromSteps(lots, dec("0.001"));
          const fee = mul(qty, dec("0.001"));
          held = applyFill(held, fill("BUY", show(qty), "100", show(fee), "BTC"), SPOT);
          net = add(net, sub(qty, fee));
        }
        expect(show(add(dec(held.qty), dec(held.dust)))).toBe(show(net));
      }),
      { seed: 42, numRuns: 200 },
    );
  });
});
