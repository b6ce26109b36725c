/** What takers did in the last seconds or minutes; missing until the whole window has been seen. */
import { family, reading } from "./factor.ts";
import type { TradeWindow } from "./windows.ts";

interface Flow {
  family: string;
  formula: string;
  source: string;
  range: readonly [number, number];
  read(window: TradeWindow): number;
}

const flow = ({ family: name, read, ...rest }: Flow) =>
  family({
    ...rest,
    family: name,
    pattern: `${name}_{w}`,
    example: `${name}_10s`,
    needs: ["trade"],
    make: ({ windowMs }, inputs) => {
      const window = inputs.tradeWindow(windowMs);
      return reading((now) => {
        if (!window.covered(now)) return Number.NaN;
        window.evict(now);
        return read(window);
      });
    },
  });

/** Missing in a window without trades: nothing over nothing says nothing. */
export const tradeImbalance = flow({
  family: "trade_imb",
  formula: "(taker buys − taker sells)/(taker buys + taker sells), base quantity in the window; missing without trades",
  source: "Chordia, Roll and Subrahmanyam 2002",
  range: [-1, 1],
  read: ({ buy, sell, count }) => (count === 0 ? Number.NaN : Math.max(-1, Math.min(1, (buy - sell) / (buy + sell)))),
});

export const tradeRate = flow({
  family: "trade_rate",
  formula: "trades in the window per second",
  source: "Definition",
  range: [0, Number.POSITIVE_INFINITY],
  read: ({ count, ms }) => (count * 1_000) / ms,
});

export const signedVolume = flow({
  family: "signed_vol",
  formula: "taker buys − taker sells in the window, base quantity",
  source: "Hasbrouck 1991",
  range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  read: ({ buy, sell }) => buy - sell,
});

export const tradedVolume = flow({
  family: "traded_vol",
  formula: "base quantity traded in the window",
  source: "Definition",
  range: [0, Number.POSITIVE_INFINITY],
  read: ({ buy, sell, count }) => (count === 0 ? 0 : buy + sell),
});

/** Each trade has a maker and a taker: of what buyers got, part came to their orders and part they went and took. */
export const makerTaker = flow({
  family: "maker_taker",
  formula:
    "taker sells/taker buys in the window: what buyers got as makers over what they got as takers; missing without buys",
  source: "Taker buy/sell volume, Binance USDⓈ-M futures data",
  range: [0, Number.POSITIVE_INFINITY],
  read: ({ buy, sell }) => (buy > 0 ? sell / buy : Number.NaN),
});
