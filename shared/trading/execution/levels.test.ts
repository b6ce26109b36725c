import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Instrument } from "../../domain/instrument.ts";
import { add, dec, fromSteps, mul, show, sub } from "../../domain/money.ts";
import { Intent } from "../../domain/order.ts";
import { defaultStop, netProfitPrice } from "./levels.ts";

const listing = { market: "FUT", tick_size: "0.1" } as Instrument;
const rules = { lossCap: dec("1.2"), takerFee: dec("0.0005") };
const stop = (side: "BUY" | "SELL", qty: string) =>
  show(
    defaultStop(Intent.parse({ intent_id: "i", instrument: "FUT:BTCUSDT", kind: "ENTRY", side, qty }), dec("60000"), {
      qty: dec(qty),
      listing,
      rules,
    }),
  );

describe("the stop of an entry that names none", () => {
  test("lies the loss cap away", () => {
    // 1.2 / 0.01 = 120
    expect([stop("BUY", "0.01"), stop("SELL", "0.01")]).toEqual(["59880", "60120"]);
  });
  test("but no further than half the margin, and no nearer than a tick", () => {
    // 60000 / 20 / 2 = 1500
    expect(stop("BUY", "0.0001")).toBe("58500");
    expect([stop("BUY", "1000"), stop("SELL", "1000")]).toEqual(["59999.9", "60000.1"]);
  });
});

test("a net profit price earns at least what was asked after both fees, and at most one tick more", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<"BUY" | "SELL">("BUY", "SELL"),
      fc.integer({ min: 100_000, max: 900_000 }),
      fc.integer({ min: 1, max: 1_000 }),
      (side, ticks, lots) => {
        const tick = dec("0.1");
        const entry = fromSteps(ticks, tick);
        const qty = fromSteps(lots, dec("0.001"));
        const net = dec("2");
        const exit = netProfitPrice(side, { entry, qty }, { net, takerFee: rules.takerFee, tick });
        const gross = mul(side === "BUY" ? sub(exit, entry) : sub(entry, exit), qty);
        const earned = sub(gross, mul(mul(add(entry, exit), qty), rules.takerFee));
        expect(earned >= sub(net, dec("0.000000000001"))).toBe(true);
        expect(earned <= add(net, mul(mul(tick, qty), dec("1.01")))).toBe(true);
      },
    ),
    { seed: 61, numRuns: 300 },
  );
});
