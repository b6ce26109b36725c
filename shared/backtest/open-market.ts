/** The market that a tape makes, by the form of what is known. */
import type { BacktestOptions } from "./backtest-options.ts";
import { BarsMarket } from "./bars-market.ts";
import { BookMarket, type BookPorts } from "./book-market.ts";
import type { BacktestMarket, OpenPositions } from "./market.ts";
import { TradesMarket } from "./trades-market.ts";

export interface MarketPorts extends BookPorts {
  readonly positions: OpenPositions;
}

export function openMarket({ tape, fill }: BacktestOptions, ports: MarketPorts): BacktestMarket {
  switch (tape.head.form) {
    case "book":
      return new BookMarket(tape, ports);
    case "trades":
      return new TradesMarket(tape, { fill });
    case "bars":
      return new BarsMarket(tape, { fill, positions: ports.positions });
  }
}
