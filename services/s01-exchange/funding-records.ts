/** Funding payments from the exchange's income history, each kept and told once, in one commit, however late it comes. */
import { emit, put } from "../../shared/changes.ts";
import { exchangeMarks, type FundingRecord, fundingRecords } from "../../shared/collections/exchange.ts";
import type { Income } from "../../shared/contracts.ts";
import type { Op, Store } from "../../shared/kit/ports.ts";
import { accountEvents } from "../../shared/streams.ts";
import type { Surroundings } from "./types.ts";
import type { VenueIncome } from "./venue-port.ts";

/** A payment may show up in the history so long after its own time. */
const LATE_MS_MAX = 24 * 3_600_000;
/** The exchange's clock may be ahead of ours. */
const AHEAD_MS = 60_000;
/** After the account stream told of one, the history has it. */
const SOON_MS = 2_000;
const COMMIT_ROWS_MAX = 200;
const KNOWN_PAGE = 1_000;

export interface FundingPorts {
  readonly account: string;
  readonly store: Store;
  /** Absent: the exchange tells none. */
  readonly income: Pick<VenueIncome, "funding"> | undefined;
}

export class FundingRecords {
  private readonly around: Pick<Surroundings, "clock" | "log">;
  private readonly ports: FundingPorts;
  private running: Promise<void> = Promise.resolve();
  private isAwaited = false;

  constructor(around: Pick<Surroundings, "clock" | "log">, ports: FundingPorts) {
    this.around = around;
    this.ports = ports;
  }

  /** The exchange told of a payment: its record is fetched soon, and once for all that come together. */
  soon(): void {
    if (this.isAwaited) return;
    this.isAwaited = true;
    this.around.clock.after(SOON_MS, () => {
      this.isAwaited = false;
      this.refresh().catch((error) => this.around.log.warn("No funding records", { error: String(error) }));
    });
  }

  /** One after another: two at once would see the same payments as new. */
  refresh(): Promise<void> {
    const next = this.running.then(
      () => this.read(),
      () => this.read(),
    );
    this.running = next;
    return next;
  }

  private async read(): Promise<void> {
    const { account, store, income } = this.ports;
    if (!income) return;
    const now = this.around.clock.now();
    const id = `funding/${account}`;
    const kept = (await store.get(exchangeMarks, id))?.value.value as { upto: number } | undefined;
    const from_ts = Math.min(kept?.upto ?? now, now) - LATE_MS_MAX;
    const told = await income.funding({ from_ts, to_ts: now + AHEAD_MS });
    const known = await this.knownSince(from_ts);
    const fresh = told.flatMap((row) => (known.has(row.income_id) ? [] : (this.recordOf(row) ?? [])));
    for (let from = 0; from < fresh.length; from += COMMIT_ROWS_MAX) {
      await store.commit(fresh.slice(from, from + COMMIT_ROWS_MAX).flatMap((record) => this.opsOf(record)));
    }
    await store.commit([put(exchangeMarks, { id, value: { upto: now }, ts: now })]);
  }

  private async knownSince(from_ts: number): Promise<Set<string>> {
    const known = new Set<string>();
    const query = { where: { ts: { gte: from_ts } }, limit: KNOWN_PAGE };
    let cursor: string | undefined;
    do {
      const page = await this.ports.store.query(fundingRecords, { ...query, ...(cursor !== undefined && { cursor }) });
      for (const { key } of page.items) known.add(key);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return known;
  }

  private recordOf({ income_id, instrument, asset, amount, ts }: Income): FundingRecord | undefined {
    if (instrument === undefined || asset !== "USDT") {
      this.around.log.warn("A funding payment that is none of ours is left out", { income_id, asset });
      return undefined;
    }
    return { income_id, account: this.ports.account, instrument, asset, amount_usdt: amount, ts };
  }

  private opsOf(record: FundingRecord): Op[] {
    const { account, instrument, income_id, amount_usdt, ts: exch_ts } = record;
    const told = { kind: "funding", account, instrument, income_id, amount_usdt, exch_ts } as const;
    return [
      put(fundingRecords, record, null),
      emit(accountEvents, { ...told, ts: this.around.clock.now() }, instrument),
    ];
  }
}
