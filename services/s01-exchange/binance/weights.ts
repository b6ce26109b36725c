/** What Binance counts for the questions that are dear, each of its market's weight per minute. */

type Params = Readonly<Record<string, unknown>>;

/** `all`: without a symbol, where that is dearer. By Binance's documentation of each. */
const DEAR: Readonly<Record<string, { weight: number; all?: number }>> = {
  "/api/v3/openOrders": { weight: 6, all: 80 },
  "/api/v3/allOrders": { weight: 20 },
  "/api/v3/myTrades": { weight: 20 },
  "/api/v3/account": { weight: 20 },
  "/api/v3/exchangeInfo": { weight: 20 },
  "/api/v3/depth": { weight: 50 },
  "/fapi/v1/openOrders": { weight: 1, all: 40 },
  "/fapi/v1/openAlgoOrders": { weight: 1, all: 40 },
  "/fapi/v1/allOrders": { weight: 5 },
  "/fapi/v1/allAlgoOrders": { weight: 5 },
  "/fapi/v1/userTrades": { weight: 5 },
  "/fapi/v3/positionRisk": { weight: 5 },
  "/fapi/v3/account": { weight: 5 },
  "/fapi/v1/income": { weight: 30 },
  "/fapi/v1/depth": { weight: 20 },
};

/** At most: the exchange itself tells with each answer what was counted in all. */
export function weightOf(path: string, { symbol }: Params): number {
  const { weight = 1, all = weight } = DEAR[path] ?? {};
  return symbol === undefined ? all : weight;
}
