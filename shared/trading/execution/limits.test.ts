/** What may be open at once, as the router lets entries in: on an instrument, in total, on those that move together. */
import { expect, test } from "bun:test";
import { Bundle } from "../../domain/bundle.ts";
import { dec } from "../../domain/money.ts";
import type { Problem } from "../../errors.ts";
import { checkLimits } from "./limits.ts";

const BTC = "FUT:BTCUSDT";
const ETH = "FUT:ETHUSDT";
const riskWith = (change: object) =>
  Bundle.shape.flags.parse({
    risk: { exposure_instrument_usdt_max: "1000", exposure_total_usdt_max: "1500", ...change },
  }).risk;

/** Says what was wrong, with so much of each instrument being let in already. */
function wanted(usdt: string, open: Record<string, string>, change: object = {}): string {
  const admitting = Object.entries(open).map(([instrument, notional]) => ({
    ...{ instrument, entry: true, notional: dec(notional) },
  }));
  const book = { holdings: () => [], running: () => [], ownOrders: () => [] };
  try {
    const around = { book, market: { bid: () => undefined }, admitting } as never;
    checkLimits({ instrument: BTC, usdt: dec(usdt) }, riskWith(change), around);
    return "in";
  } catch (error) {
    return `${(error as Problem).code}: ${(error as Problem).message}`;
  }
}

test("on one instrument and in total, what is open counts up to the limit and not a cent beyond", () => {
  expect(wanted("400", { [BTC]: "600" })).toBe("in");
  expect(wanted("400.01", { [BTC]: "600" })).toStartWith("RULE: 1000.01 USDT would be open on FUT:BTCUSDT");
  expect(wanted("600", { [ETH]: "900" })).toBe("in");
  expect(wanted("600.01", { [ETH]: "900" })).toStartWith("RULE: 1500.01 USDT would be open in total");
});

test("on instruments that move together, each group it is in has its own limit", () => {
  const correlated = [
    { instruments: [BTC, ETH], exposure_usdt_max: "700" },
    { instruments: [ETH, "FUT:SOLUSDT"], exposure_usdt_max: "1" },
  ];
  expect(wanted("200", { [ETH]: "500" }, { correlated })).toBe("in");
  expect(wanted("200.01", { [ETH]: "500" }, { correlated })).toBe(
    "RULE: 700.01 USDT would be open on FUT:BTCUSDT, FUT:ETHUSDT together; at most 700",
  );
  expect(wanted("200.01", { "FUT:SOLUSDT": "500" }, { correlated })).toBe("in");
});
