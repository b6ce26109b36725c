/** Finds out why a position or a wallet is not what was booked: fills we lack, by whose orders, and forced closes. */
import { fills as fillsKept, orders as ordersKept } from "../../shared/collections/orders.ts";
import { asProblem } from "../../shared/errors.ts";
import { type Cause, causeOf } from "../../shared/trading/reconcile/cause.ts";
import type { Difference } from "../../shared/trading/reconcile/difference.ts";
import type { Strangers } from "./strangers.ts";
import type { Ports } from "./types.ts";

const HOUR_MS = 3_600_000;
/** Fills looked up one by one in our books; of an account that trades more, the newest tell enough. */
const FILLS_MAX = 2_000;

export class Investigator {
  private readonly ports: Ports;
  private readonly strangers: Strangers;

  constructor(ports: Ports, strangers: Strangers) {
    this.ports = ports;
    this.strangers = strangers;
  }

  /** `hours`: how far back fills are asked for. Throws when they cannot be. */
  async causeOf({ instrument }: Difference, hours: number): Promise<Cause> {
    const since = this.ports.clock.now() - hours * HOUR_MS;
    const { missed, strange } = await this.unbooked(instrument, since);
    const heard = this.strangers.traded(instrument, strange[0]?.ts ?? since);
    const hasLiquidationFee = strange.length > 0 && (await this.hasLiquidationFee(instrument, strange[0]!.ts));
    return causeOf({ heard, hasLiquidationFee, missedFills: missed, strangeFills: strange.length });
  }

  /** Fills of the exchange that are not in our books: how many are of orders that we know, and those of others. */
  private async unbooked(instrument: string, from_ts: number) {
    const { store, calls, account } = this.ports;
    const { fills } = await calls.exchange.getFills({ account, instrument, from_ts: Math.floor(from_ts) });
    const strange: typeof fills = [];
    let missed = 0;
    for (const fill of fills.slice(-FILLS_MAX)) {
      if (await store.get(fillsKept, `${instrument}/${fill.fill_id}`)) continue;
      const { items } = await store.query(ordersKept, { where: { order_id: fill.order_id, instrument }, limit: 1 });
      if (items.length > 0) missed++;
      else strange.push(fill);
    }
    return { missed, strange };
  }

  /** Only a sharper name for the cause: not to know it stops nothing. */
  async hasLiquidationFee(instrument: string, since: number): Promise<boolean> {
    const { calls, account, clock, warn } = this.ports;
    const period = { from_ts: Math.floor(since), to_ts: Math.ceil(clock.now()) };
    try {
      const { income } = await calls.exchange.getIncome({ account, ...period });
      return income.some((row) => row.kind === "LIQUIDATION_FEE" && row.instrument === instrument);
    } catch (error) {
      warn("the income history could not be read", { instrument, error: asProblem(error).message });
      return false;
    }
  }
}
