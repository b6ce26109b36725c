/** What the order book says: spread, prices between the quotes, depth and imbalance. */
import { family, reading } from "./factor.ts";
import { BOOK_LEVELS_MAX, type Inputs } from "./inputs.ts";

const positive: readonly [number, number] = [0, Number.POSITIVE_INFINITY];
const HARRIS = "Harris, Trading and Exchanges, 2003";

const ofTop = (name: string, formula: string, read: (inputs: Inputs) => number) =>
  family({
    family: name,
    pattern: name,
    example: name,
    formula,
    source: HARRIS,
    range: positive,
    needs: ["ticker"],
    make: (_, inputs) => reading(() => read(inputs)),
  });

export const mid = ofTop("mid", "(bid + ask)/2, in price", ({ top }) => top.mid);

export const spread = ofTop("spread_bps", "(ask − bid)/mid·10⁴", ({ top }) => ((top.ask - top.bid) / top.mid) * 1e4);

/** Leans to the side with less quantity, where the price is likelier to go. */
export const microprice = family({
  ...ofTop(
    "microprice",
    "(bid·ask_qty + ask·bid_qty)/(bid_qty + ask_qty), in price",
    ({ top }) => (top.bid * top.askQty + top.ask * top.bidQty) / (top.bidQty + top.askQty),
  ),
  source: "Gatheral and Oomen 2010; Stoikov 2018",
});

const levelsFit = (n: number): boolean => n <= BOOK_LEVELS_MAX;

function depthUsdt({ top, levels }: Inputs, n: number): number {
  if (n === 1) return Math.min(top.bid * top.bidQty, top.ask * top.askQty);
  return levels.has(n) ? Math.min(levels.bids.notional[n]!, levels.asks.notional[n]!) : Number.NaN;
}

/** The thinner side, since an entry may take either; one level is read from the ticker, which is the newest. */
export const depth = family({
  family: "depth_top",
  pattern: "depth_top{n}_usdt",
  example: "depth_top3_usdt",
  formula: "Σ price·quantity of the best n levels (n ≤ 10) of the thinner side, in quote units",
  source: HARRIS,
  range: positive,
  needs: ["ticker", "depth"],
  accepts: ({ numbers: [n] }) => levelsFit(n!),
  make: ({ numbers: [n] }, inputs) => reading(() => depthUsdt(inputs, n!)),
});

function imbalance({ top, levels }: Inputs, n: number): number {
  if (n > 1 && !levels.has(n)) return Number.NaN;
  const bids = n === 1 ? top.bidQty : levels.bids.quantity[n]!;
  const asks = n === 1 ? top.askQty : levels.asks.quantity[n]!;
  return (bids - asks) / (bids + asks);
}

export const bookImbalance = family({
  family: "obi",
  pattern: "obi_{n}",
  example: "obi_5",
  formula: "(Σ bid_qty − Σ ask_qty)/(Σ bid_qty + Σ ask_qty) over the best n levels (n ≤ 10); 1 is all bids",
  source: "Cont, Kukanov and Stoikov 2014",
  range: [-1, 1],
  needs: ["ticker", "depth"],
  accepts: ({ numbers: [n] }) => levelsFit(n!),
  make: ({ numbers: [n] }, inputs) => reading(() => imbalance(inputs, n!)),
});

/** 1 where the best price alone holds the threshold on both sides. */
export const liquidity = family({
  family: "liq_score",
  pattern: "liq_score_{n}k",
  example: "liq_score_20k",
  formula: "min(depth_top1_usdt/threshold, 1), the threshold being n thousand quote units",
  source: "Definition",
  range: [0, 1],
  needs: ["ticker"],
  make: ({ numbers: [n] }, inputs) => reading(() => Math.min(depthUsdt(inputs, 1) / (n! * 1_000), 1)),
});
