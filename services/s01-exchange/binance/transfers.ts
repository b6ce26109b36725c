/** Binance's universal transfer between an account's spot and futures wallets, and the history of such transfers. */
import { z } from "@hono/zod-openapi";
import { dec } from "../../../shared/domain/money.ts";
import { Problem, refuse } from "../../../shared/errors.ts";
import type { Movement, VenueTransfers, Way } from "../venue-transfers.ts";
import { CODE, exchangeCode, type Rest } from "./rest.ts";

const PATH = "/sapi/v1/asset/transfer";
const ASSET = "USDT";
const PAGE_ROWS = 100;
/** A thousand transfers of our own account since a question began cannot be. */
const PAGES_MAX = 10;

const Id = z.union([z.string(), z.number()]).transform(String);
const Moved = z.looseObject({ tranId: Id });
const History = z.looseObject({
  rows: z
    .array(
      z.looseObject({ tranId: Id, asset: z.string(), amount: z.string(), status: z.string(), timestamp: z.number() }),
    )
    .default([]),
});

export class Transfers implements VenueTransfers {
  /** Of spot, whose host answers for all wallets. */
  private readonly rest: Rest;

  constructor(rest: Rest) {
    this.rest = rest;
  }

  async move(way: Way, amount: string): Promise<string> {
    const params = { type: typeOf(way), asset: ASSET, amount };
    const answer = await this.rest.call("POST", PATH, params, { auth: "signed", changes: true }).catch(unlessLate);
    const read = Moved.safeParse(answer);
    return read.success ? read.data.tranId : refuse("EXCHANGE_UNKNOWN", "The exchange named no id of the transfer.");
  }

  newest(way: Way): Promise<Movement[]> {
    return this.page(way, 1);
  }

  async since(way: Way, known: ReadonlySet<string>): Promise<Movement[]> {
    const found: Movement[] = [];
    for (let current = 1; current <= PAGES_MAX; current++) {
      const rows = await this.page(way, current);
      const fresh = rows.filter((row) => !known.has(row.tx_id));
      found.push(...fresh);
      if (rows.length < PAGE_ROWS || fresh.length < rows.length) return found;
    }
    return refuse("UNAVAILABLE", "The exchange's history of transfers is longer than can be read.");
  }

  private async page(way: Way, current: number): Promise<Movement[]> {
    const params = { type: typeOf(way), current, size: PAGE_ROWS };
    const { rows } = History.parse(await this.rest.call("GET", PATH, params, { auth: "signed" }));
    return rows.map(({ tranId, asset, amount, status, timestamp }) => ({
      tx_id: tranId,
      asset,
      amount: dec(amount),
      state: stateOf(status),
      at: timestamp,
    }));
  }
}

/** Refused for its time alone: that says nothing about the transfer. */
function unlessLate(error: unknown): never {
  if (exchangeCode(error) !== CODE.clock) throw error;
  throw new Problem("UNAVAILABLE", "The exchange does not take our clock's time.", { cause: error });
}

const typeOf = ({ from }: Way): string => (from === "SPOT" ? "MAIN_UMFUTURE" : "UMFUTURE_MAIN");

/** A status that is not known yet to us is no proof of anything. */
const stateOf = (status: string): Movement["state"] =>
  status === "CONFIRMED" ? "DONE" : status === "FAILED" ? "FAILED" : "PENDING";
