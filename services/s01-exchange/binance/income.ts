/** Binance's record of what the account gained and paid: the futures income history, and transfers as spot tells them. */
import { z } from "@hono/zod-openapi";
import type { Income } from "../../../shared/contracts.ts";
import { InstrumentId, instrumentOf } from "../../../shared/domain/instrument.ts";
import { dec, isDecimal, neg, show } from "../../../shared/domain/money.ts";
import { refuse } from "../../../shared/errors.ts";
import type { Surroundings } from "../types.ts";
import type { Span, VenueIncome } from "../venue-port.ts";
import type { Rest } from "./rest.ts";

const PAGE = 1_000;
const TRANSFERS_PAGE = 100;
/** Of one question; a page costs 30 of the 2400 that a minute has. */
const PAGES_MAX = 50;

const Id = z.union([z.string(), z.number()]).transform(String);
const Amount = z.string().refine(isDecimal, "is no decimal");

const FutRow = z.looseObject({
  symbol: z.string().nullish(),
  incomeType: z.string(),
  income: Amount,
  asset: z.string(),
  time: z.number(),
  tranId: Id,
  tradeId: Id.nullish(),
});

/** What Binance calls them; every other type is OTHER. */
const KINDS: Readonly<Record<string, Income["kind"]>> = {
  REALIZED_PNL: "REALISED_PNL",
  FUNDING_FEE: "FUNDING",
  COMMISSION: "COMMISSION",
  TRANSFER: "TRANSFER",
  INTERNAL_TRANSFER: "TRANSFER",
  INSURANCE_CLEAR: "LIQUIDATION_FEE",
};

/** A `tranId` is unique within its type only, and a type may use one for several symbols and assets. */
export function readFutIncome(row: unknown): Income {
  const { symbol, incomeType, income, asset, time, tranId, tradeId } = FutRow.parse(row);
  const instrument = symbol ? InstrumentId.safeParse(instrumentOf("FUT", symbol)).data : undefined;
  return {
    income_id: ["FUT", incomeType, tranId, symbol || "-", asset].join(":"),
    market: "FUT",
    ...(instrument !== undefined && { instrument }),
    kind: Object.hasOwn(KINDS, incomeType) ? KINDS[incomeType]! : "OTHER",
    asset,
    amount: show(dec(income)),
    ...(tradeId && { fill_id: tradeId }),
    ts: time,
  };
}

const TransferRow = z.looseObject({
  asset: z.string(),
  amount: Amount,
  status: z.string().default("CONFIRMED"),
  tranId: Id,
  timestamp: z.number(),
});
const TransferPage = z.looseObject({ rows: z.array(TransferRow).default([]) });

/** As the spot wallet has them: what went to futures is below zero. */
const TRANSFERS = { MAIN_UMFUTURE: neg, UMFUTURE_MAIN: (amount: ReturnType<typeof dec>) => amount };

export class BinanceIncome implements VenueIncome {
  private readonly around: Pick<Surroundings, "settings">;
  private readonly rests: Record<"SPOT" | "FUT", Rest>;

  constructor(around: Pick<Surroundings, "settings">, rests: Record<"SPOT" | "FUT", Rest>) {
    this.around = around;
    this.rests = rests;
  }

  async between(span: Span): Promise<Income[]> {
    const found = await Promise.all([
      this.futures(span),
      this.transfers(span, "MAIN_UMFUTURE"),
      this.transfers(span, "UMFUTURE_MAIN"),
    ]);
    return found.flat().toSorted((a, b) => a.ts - b.ts);
  }

  funding(span: Span): Promise<Income[]> {
    return this.futures(span, "FUNDING_FEE");
  }

  /** Page by page in one fixed span, so that rows of the same moment may fill a page; what moves on is known by its id. */
  private futures({ from_ts, to_ts }: Span, incomeType?: string): Promise<Income[]> {
    const params = { startTime: Math.floor(from_ts), endTime: Math.ceil(to_ts), limit: PAGE, incomeType };
    return allPages(PAGE, async (page) => {
      const rows = await this.rests.FUT.call<unknown[]>(
        "GET",
        "/fapi/v1/income",
        { ...params, page },
        { auth: "signed" },
      );
      return rows.map(readFutIncome);
    });
  }

  /** The test network has no wallets beside the two markets. */
  private async transfers({ from_ts, to_ts }: Span, type: keyof typeof TRANSFERS): Promise<Income[]> {
    if (this.around.settings.mode === "testnet") return [];
    const params = { type, startTime: Math.floor(from_ts), endTime: Math.ceil(to_ts), size: TRANSFERS_PAGE };
    const rows = await allPages(TRANSFERS_PAGE, async (current) => {
      const answer = await this.rests.SPOT.call(
        "GET",
        "/sapi/v1/asset/transfer",
        { ...params, current },
        { auth: "signed" },
      );
      return TransferPage.parse(answer).rows.map((row) => ({ ...row, income_id: `SPOT:TRANSFER:${row.tranId}` }));
    });
    return rows
      .filter(({ status }) => status === "CONFIRMED")
      .map(({ income_id, asset, amount, timestamp }) => ({
        ...({ income_id, market: "SPOT", kind: "TRANSFER", asset, ts: timestamp } as const),
        amount: show(TRANSFERS[type](dec(amount))),
      }));
  }
}

/** Each row once, in the order in which they came. */
async function allPages<T extends { income_id: string }>(
  size: number,
  read: (page: number) => Promise<T[]>,
): Promise<T[]> {
  const found = new Map<string, T>();
  for (let page = 1; page <= PAGES_MAX; page++) {
    const rows = await read(page);
    for (const row of rows) if (!found.has(row.income_id)) found.set(row.income_id, row);
    if (rows.length < size) return [...found.values()];
  }
  return refuse("INVALID", `There are more than ${PAGES_MAX * size} entries: ask for a shorter time.`);
}
