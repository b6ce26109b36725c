import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Amount, add, dec, mul, show, sum, toNumber, zero } from "../../domain/money.ts";
import {
  applySpotFill,
  averageCost,
  bySpotTime,
  type CostBasis,
  coinOf,
  type Disposal,
  NO_HOLDINGS,
  type SpotFill,
} from "./cost-basis.ts";

const fill = (over: Partial<SpotFill>): SpotFill => ({
  ...{ fill_id: "1", instrument: "SPOT:BTCUSDT", side: "BUY", price: "100", qty: "1", fee: "0", fee_asset: "USDT" },
  ...{ fee_usdt: "0", ts: 1 },
  ...over,
});
function applied(fills: readonly SpotFill[], from: CostBasis = NO_HOLDINGS) {
  const disposals: Disposal[] = [];
  let basis = from;
  for (const each of fills) {
    const after = applySpotFill(basis, each);
    basis = after.basis;
    disposals.push(...after.disposals);
  }
  return { basis, disposals };
}
const lotOf = (basis: CostBasis, asset = "BTC") => {
  const lot = basis.lots.get(asset);
  return lot && [show(lot.qty), show(averageCost(lot))];
};

describe("weighted average cost", () => {
  test("two purchases average; a sale makes (sell − WAC)·qty − fees and leaves the average", () => {
    const { basis, disposals } = applied([
      fill({ qty: "1", price: "100" }),
      fill({ qty: "3", price: "200" }),
      fill({ side: "SELL", qty: "2", price: "300", fee: "0.6", fee_usdt: "0.6" }),
    ]);
    expect(lotOf(basis)).toEqual(["2", "175"]);
    expect(disposals).toMatchObject([{ kind: "SALE", gain: dec("249.4"), fee: dec("0.6"), strange: zero }]);
    expect(show(basis.realised)).toBe("249.4");
  });

  test("a fee in the coin that was bought is in its cost; one in USDT is a loss at once", () => {
    const inCoin = applied([fill({ qty: "1", price: "99.9", fee: "0.001", fee_asset: "BTC", fee_usdt: "0.0999" })]);
    expect(lotOf(inCoin.basis)).toEqual(["0.999", "100"]);
    expect(inCoin.disposals).toEqual([]);
    const inUsdt = applied([fill({ fee: "0.1", fee_usdt: "0.1" })]);
    expect(lotOf(inUsdt.basis)).toEqual(["1", "100"]);
    expect(inUsdt.disposals).toMatchObject([{ kind: "PURCHASE_FEE", gain: dec("-0.1") }]);
  });

  test("a fee in BNB is paid by a sale of BNB at what it was worth", () => {
    const { basis, disposals } = applied([
      fill({ instrument: "SPOT:BNBUSDT", qty: "1", price: "500" }),
      fill({ qty: "1", price: "100", fee: "0.01", fee_asset: "BNB", fee_usdt: "6" }),
      fill({ side: "SELL", qty: "1", price: "110", fee: "0.02", fee_asset: "BNB", fee_usdt: "12" }),
    ]);
    expect(lotOf(basis, "BNB")).toEqual(["0.97", "500"]);
    expect(lotOf(basis)).toBeUndefined();
    expect(disposals.map((d) => [d.kind, show(d.gain)])).toEqual([
      ["PURCHASE_FEE", "-6"],
      ["FEE", "1"],
      ["SALE", "-2"],
      ["FEE", "2"],
    ]);
  });

  test("a purchase of BNB with its fee in BNB takes the fee off once", () => {
    const { basis, disposals } = applied([
      fill({ instrument: "SPOT:BNBUSDT", qty: "1", price: "500", fee: "0.001", fee_asset: "BNB", fee_usdt: "0.5" }),
    ]);
    expect(basis.lots.get("BNB")).toEqual({ qty: dec("0.999"), cost: dec("500") });
    expect(disposals).toEqual([]);
  });

  test("what was never bought here is sold without a gain, and marked", () => {
    const { basis, disposals } = applied([
      fill({ qty: "1", price: "100" }),
      fill({ side: "SELL", qty: "4", price: "200", fee: "0.8", fee_usdt: "0.8" }),
    ]);
    expect(disposals).toMatchObject([{ cost: dec("700"), strange: dec("3"), gain: dec("99.2") }]);
    expect(basis.lots.size).toBe(0);
  });

  test("dust below a step stays in the holdings, at its cost", () => {
    const { basis } = applied([
      fill({ qty: "0.001", price: "50000", fee: "0.000001", fee_asset: "BTC", fee_usdt: "0.05" }),
      fill({ side: "SELL", qty: "0.0009", price: "60000" }),
    ]);
    expect(lotOf(basis)?.[0]).toBe("0.000099");
    expect(Number(lotOf(basis)?.[1])).toBeCloseTo(50_050.05, 1);
  });

  test("futures and other quotes are left out", () => {
    expect(["SPOT:BTCUSDT", "FUT:BTCUSDT", "SPOT:ETHBTC", "SPOT:USDT", "SPOT:USDTTRY"].map(coinOf)).toEqual([
      "BTC",
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const { basis, disposals } = applied([fill({ instrument: "SPOT:ETHBTC" }), fill({ instrument: "FUT:BTCUSDT" })]);
    expect([basis, disposals]).toEqual([NO_HOLDINGS, []]);
  });

  test("fills of one moment go by the exchange's numbers", () => {
    const ids = ["9", "10", "100", "2"].map((fill_id) => fill({ fill_id }));
    expect(ids.toSorted(bySpotTime).map((f) => f.fill_id)).toEqual(["2", "9", "10", "100"]);
  });
});

const decimal = (max: number, digits: number) =>
  fc.integer({ min: 1, max }).map((units) => show(dec((units / 10 ** digits).toFixed(digits))));
const anyFill = fc
  .record({
    instrument: fc.constantFrom("SPOT:BTCUSDT", "SPOT:BNBUSDT", "SPOT:ETHUSDT"),
    side: fc.constantFrom("BUY", "BUY", "SELL"),
    price: decimal(1_000_000, 2),
    qty: decimal(100_000, 5),
    feePart: fc.integer({ min: 0, max: 20 }),
    payIn: fc.constantFrom("USDT", "BNB", "coin"),
  })
  .map(({ feePart, payIn, ...rest }): SpotFill => {
    const coin = coinOf(rest.instrument)!;
    const value = mul(dec(rest.qty), dec(rest.price));
    const inCoin = rest.side === "BUY" && payIn === "coin";
    const fee_asset = inCoin ? coin : payIn === "BNB" ? "BNB" : "USDT";
    const fee = inCoin ? mul(dec(rest.qty), dec(String(feePart / 10_000))) : dec(String(feePart / 1_000));
    const worth = inCoin ? mul(fee, dec(rest.price)) : fee_asset === "BNB" ? mul(fee, dec("600")) : fee;
    return fill({
      ...rest,
      side: rest.side as "BUY",
      fee: show(fee),
      fee_asset,
      fee_usdt: show(worth),
      ts: value > 0n ? 1 : 0,
    });
  });

/** A fraction of whole numbers. */
interface Ratio {
  n: bigint;
  d: bigint;
}
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));
const ratio = (n: bigint, d = 1n): Ratio => {
  const g = gcd(n, d) || 1n;
  return d < 0n ? { n: -n / g, d: -d / g } : { n: n / g, d: d / g };
};
const plus = (a: Ratio, b: Ratio) => ratio(a.n * b.d + b.n * a.d, a.d * b.d);
const times = (a: Ratio, b: Ratio) => ratio(a.n * b.n, a.d * b.d);
const minus = (a: Ratio, b: Ratio) => plus(a, { n: -b.n, d: b.d });
const of = (text: string): Ratio => ratio(dec(text), 10n ** 18n);
const toFloat = ({ n, d }: Ratio): number => Number((n * 10n ** 12n) / d) / 1e12;

/** The same by the whole history in exact fractions, each asset's average worked out anew from what it was. */
function plainly(fills: readonly SpotFill[]): { qty: Map<string, Ratio>; cost: Map<string, Ratio>; realised: Ratio } {
  const qty = new Map<string, Ratio>();
  const cost = new Map<string, Ratio>();
  let realised = ratio(0n);
  const sell = (asset: string, amount: Ratio, proceeds: Ratio) => {
    const have = qty.get(asset) ?? ratio(0n);
    const spent = cost.get(asset) ?? ratio(0n);
    const isShort = minus(amount, have).n > 0n;
    const known = isShort ? have : amount;
    const costOfKnown = have.n === 0n ? ratio(0n) : times(spent, times(known, ratio(have.d, have.n)));
    const brought = amount.n === 0n ? ratio(0n) : times(proceeds, times(known, ratio(amount.d, amount.n)));
    realised = plus(realised, minus(brought, costOfKnown));
    qty.set(asset, minus(have, known));
    cost.set(asset, minus(spent, costOfKnown));
  };
  for (const { instrument, side, price, qty: moved, fee, fee_asset, fee_usdt } of fills) {
    const coin = coinOf(instrument)!;
    const value = times(of(moved), of(price));
    const inCoin = side === "BUY" && fee_asset === coin;
    if (side === "BUY") {
      const arrived = inCoin ? minus(of(moved), of(fee)) : of(moved);
      qty.set(coin, plus(qty.get(coin) ?? ratio(0n), arrived));
      cost.set(coin, plus(cost.get(coin) ?? ratio(0n), value));
    } else {
      sell(coin, of(moved), value);
    }
    if (inCoin) continue;
    realised = minus(realised, of(fee_usdt));
    if (fee_asset !== "USDT") sell(fee_asset, of(fee), of(fee_usdt));
  }
  return { qty, cost, realised };
}

test("any history: as the whole of it worked out plainly; no coin and no cent is lost on the way", () => {
  fc.assert(
    fc.property(fc.array(anyFill, { minLength: 1, maxLength: 60 }), fc.nat(), (fills, cut) => {
      const { basis, disposals } = applied(fills);
      const plain = plainly(fills);
      for (const [asset, qty] of plain.qty) {
        expect(basis.lots.get(asset)?.qty ?? zero).toBe(((qty.n * 10n ** 18n) / qty.d) as Amount);
        expect(toNumber(basis.lots.get(asset)?.cost ?? zero)).toBeCloseTo(toFloat(plain.cost.get(asset)!), 8);
      }
      expect(toNumber(basis.realised)).toBeCloseTo(toFloat(plain.realised), 8);
      expect(sum(disposals.map((d) => d.gain))).toBe(basis.realised);

      // To the last digit: what was paid is in the costs of what left and of what is left.
      const paid = sum(fills.filter((f) => f.side === "BUY").map((f) => mul(dec(f.qty), dec(f.price))));
      const left = sum([...basis.lots.values()].map((lot) => lot.cost));
      const costs = sum(disposals.filter((d) => d.strange === zero).map((d) => d.cost));
      const isPartlyStrange = disposals.some((d) => d.strange !== zero && d.strange !== d.qty);
      if (!isPartlyStrange) expect(add(left, costs)).toBe(paid);

      // From what was kept at any moment it goes on to the same end.
      const at = cut % fills.length;
      const first = applied(fills.slice(0, at));
      expect(applied(fills.slice(at), first.basis).basis).toEqual(basis);
    }),
    { seed: 5, numRuns: 200 },
  );
});
