/**
 * Transfers of the time that a restore has lost: the exchange takes no id of ours with one, so that an ask which may be
 * one of them is not carried out, and all of them count in what may be moved a day.
 */
import { exchangeMarks, treasuryTransfers } from "../../shared/collections/exchange.ts";
import type { Market } from "../../shared/domain/instrument.ts";
import { type Amount, dec, sum, zero } from "../../shared/domain/money.ts";
import type { Clock, Store } from "../../shared/kit/ports.ts";
import { readAll } from "../../shared/read-all.ts";
import { RESTORED_MARK, RestoredMark } from "../../shared/restored.ts";
import type { Movement, VenueTransfers, Way } from "./venue-transfers.ts";

/** Clocks differ, and what was under way at the moment of the backup may not be in it. */
const OVERLAP_MS = 120_000;
const DAY_MS = 86_400_000;
const WALLETS = ["SPOT", "FUT"] as const satisfies Market[];

/** First answers to requests are kept so long, and what was approved before the restore is void: later it is a new one. */
const REPEATED_MS_MAX = 2 * DAY_MS;

interface Parts {
  readonly clock: Pick<Clock, "now">;
  readonly store: Store;
  /** Absent: the connector cannot. */
  readonly transfers: VenueTransfers | undefined;
}

export class LostTransfers {
  private readonly ports: Parts;

  constructor(ports: Parts) {
    this.ports = ports;
  }

  /** Why it may be one of them, in words; nothing where it is not, or where nothing was lost. */
  async mayBe(asked: Way & { amount_usdt: string }): Promise<string | undefined> {
    const same = (await this.of(asked)).find(({ amount }) => amount === dec(asked.amount_usdt));
    if (!same) return undefined;
    const at = new Date(same.at).toISOString();
    return (
      `The exchange made such a transfer at ${at} (${same.tx_id}), which the restored books do not know: this may be ` +
      "it. If it is to be made once more, ask for another amount, or two days after the restore."
    );
  }

  /** What they moved since, both ways. */
  async since(from_ts: number): Promise<Amount> {
    const both = WALLETS.map((from) => this.of({ from, to: from === "SPOT" ? "FUT" : "SPOT" }));
    const found = (await Promise.all(both)).flat().filter(({ at }) => at >= from_ts);
    return found.length === 0 ? zero : sum(found.map(({ amount }) => amount));
  }

  private async of(way: Way): Promise<Movement[]> {
    const { clock, store, transfers } = this.ports;
    const mark = await store.get(exchangeMarks, RESTORED_MARK);
    if (!mark || !transfers) return [];
    const { as_of, restored_at } = RestoredMark.parse(mark.value.value);
    if (clock.now() - restored_at > REPEATED_MS_MAX) return [];
    const from = as_of - OVERLAP_MS;
    const told = await transfers.newest(way);
    const lost = told.filter(
      ({ at, asset, state }) => at >= from && at <= restored_at && asset === "USDT" && state !== "FAILED",
    );
    if (lost.length === 0) return [];
    const kept = await readAll(store, treasuryTransfers, ["created_at", { created_at: { gte: from - DAY_MS } }]);
    const known = new Set(kept.map(({ tx_id }) => tx_id));
    return lost.filter(({ tx_id }) => !known.has(tx_id));
  }
}
