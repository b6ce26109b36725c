/** What kinds of history the library keeps, named as in Binance's public archive: their columns, order and parts. */

/** `time` is epoch ms, `count` a whole number from 0, `flag` true or false; all are kept as text. */
export type ColumnType = "time" | "price" | "rate" | "amount" | "count" | "flag";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Names in other people's headers, in lower case and letters only. */
  readonly also: readonly string[];
  /** May be empty: not every source has it. */
  readonly optional?: true;
}

/** How long one stored part is. */
export type Period = "hour" | "day" | "month";

export interface Kind {
  readonly name: KindName;
  readonly columns: readonly Column[];
  /** Of files without a header: by number of columns, what each position holds; "" is left out. */
  readonly layouts: Readonly<Record<number, readonly string[]>>;
  /** Orders rows of one time, and counts on by one where ids have no gaps. */
  readonly second?: string;
  readonly idsCountOn?: true;
  readonly hasInterval: boolean;
  readonly period: Period;
}

export const KIND_NAMES = [
  "klines",
  "markPriceKlines",
  "indexPriceKlines",
  "premiumIndexKlines",
  "trades",
  "aggTrades",
  "fundingRate",
  "bookDepth",
  "lines",
] as const;
export type KindName = (typeof KIND_NAMES)[number];

const column = (name: string, type: ColumnType, also = "", optional = false): Column => ({
  name,
  type,
  also: [name.replaceAll("_", ""), ...also.split(" ").filter((alias) => alias !== "")],
  ...(optional && { optional: true }),
});
const TIME = column("ts", "time", "opentime timestamp time date datetime transacttime calctime fundingtime");

const klineColumns = (type: ColumnType): Column[] => [
  TIME,
  column("open", type, "o"),
  column("high", type, "h"),
  column("low", type, "l"),
  column("close", type, "c"),
  column("volume", "amount", "v vol", true),
  column("quote_volume", "amount", "quoteassetvolume quotevol turnover", true),
  column("trades", "count", "count numberoftrades tradecount trade", true),
  column("taker_volume", "amount", "takerbuyvolume takerbuybaseassetvolume takerbuybase", true),
  column("taker_quote_volume", "amount", "takerbuyquotevolume takerbuyquoteassetvolume takerbuyquote", true),
];
const KLINE_CELLS = ["ts", "open", "high", "low", "close", "volume"];
const KLINE_ROW = [...KLINE_CELLS, "", "quote_volume", "trades", "taker_volume", "taker_quote_volume", ""];
const TRADE_CELLS = ["id", "price", "qty", "quote_qty", "ts", "buyer_is_maker"];
const AGG_TRADE_CELLS = ["id", "price", "qty", "first_id", "last_id", "ts", "buyer_is_maker"];

const klines = (name: KindName, type: ColumnType): Kind => ({
  name,
  columns: klineColumns(type),
  layouts: { 5: KLINE_CELLS.slice(0, 5), 6: KLINE_CELLS, 12: KLINE_ROW },
  hasInterval: true,
  period: "month",
});

const PRICE = column("price", "price", "p");
const QTY = column("qty", "amount", "q quantity amount size");
const BUYER_IS_MAKER = column("buyer_is_maker", "flag", "isbuyermaker m");

const KINDS: Readonly<Record<KindName, Kind>> = {
  klines: klines("klines", "price"),
  markPriceKlines: klines("markPriceKlines", "price"),
  indexPriceKlines: klines("indexPriceKlines", "price"),
  premiumIndexKlines: klines("premiumIndexKlines", "rate"),
  trades: {
    name: "trades",
    columns: [
      TIME,
      column("id", "count", "tradeid t"),
      PRICE,
      QTY,
      column("quote_qty", "amount", "", true),
      BUYER_IS_MAKER,
    ],
    layouts: { 6: TRADE_CELLS, 7: [...TRADE_CELLS, ""] },
    second: "id",
    idsCountOn: true,
    hasInterval: false,
    period: "day",
  },
  aggTrades: {
    name: "aggTrades",
    columns: [
      TIME,
      column("id", "count", "aggtradeid aggregatetradeid a"),
      PRICE,
      QTY,
      column("first_id", "count", "firsttradeid f"),
      column("last_id", "count", "lasttradeid l"),
      BUYER_IS_MAKER,
    ],
    layouts: { 7: AGG_TRADE_CELLS, 8: [...AGG_TRADE_CELLS, ""] },
    second: "id",
    idsCountOn: true,
    hasInterval: false,
    period: "day",
  },
  fundingRate: {
    name: "fundingRate",
    columns: [
      TIME,
      column("rate", "rate", "lastfundingrate fundingrate open"),
      column("interval_hours", "count", "fundingintervalhours", true),
    ],
    layouts: { 2: ["ts", "rate"], 3: ["ts", "interval_hours", "rate"] },
    hasInterval: false,
    period: "month",
  },
  bookDepth: {
    name: "bookDepth",
    columns: [TIME, column("percentage", "rate"), column("depth", "amount"), column("notional", "amount")],
    layouts: { 4: ["ts", "percentage", "depth", "notional"] },
    second: "percentage",
    hasInterval: false,
    period: "day",
  },
  lines: { name: "lines", columns: [], layouts: {}, hasInterval: false, period: "hour" },
};

export const kindOf = (name: KindName): Kind => KINDS[name];
export const isCandles = (name: KindName): boolean => KINDS[name].hasInterval;

/** The first line of a stored part. */
export const headerOf = (kind: Kind): string => kind.columns.map(({ name }) => name).join(",");

/** `Open time` and `open_time` are the same name. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

const SIGNS: readonly (readonly [KindName, readonly string[]])[] = [
  ["klines", ["open", "high", "low", "close"]],
  ["fundingRate", ["lastfundingrate"]],
  ["fundingRate", ["fundingrate"]],
  ["bookDepth", ["percentage", "depth"]],
  ["aggTrades", ["aggtradeid"]],
  ["aggTrades", ["firstid", "lastid", "price"]],
  ["trades", ["price", "qty"]],
];

/** The kind that a header alone tells. */
export function kindOfHeader(header: readonly string[]): KindName | undefined {
  const names = new Set(header.map(plainName));
  return SIGNS.find(([, signs]) => signs.every((sign) => names.has(sign)))?.[0];
}
