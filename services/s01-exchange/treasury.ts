/**
 * Moves funds between the account's own wallets, each transfer at most once and only on the gateway's grant.
 *
 * The exchange takes no id of ours with a transfer. So one is under way at a time, what its history held before is
 * written down before anything is sent, and a transfer without an answer is looked for among what came since.
 */
import { put } from "../../shared/changes.ts";
import { type TreasuryTransfer, treasuryTransfers } from "../../shared/collections/exchange.ts";
import type { Transfer, TransferResult } from "../../shared/contracts.ts";
import type { TreasuryFlags } from "../../shared/domain/bundle.ts";
import { type Amount, add, dec, stepDigits, sum, zero } from "../../shared/domain/money.ts";
import type { Balance } from "../../shared/domain/trade.ts";
import { asProblem, type Problem, refuse } from "../../shared/errors.ts";
import type { GrantChecker } from "../../shared/kit/grant.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import { LostTransfers } from "./lost-transfers.ts";
import type { Log, Raise, Settings } from "./types.ts";
import type { Movement, VenueTransfers } from "./venue-transfers.ts";

const ASSET = "USDT";
const DAY_MS = 86_400_000;
const PAGE = 1_000;
/** Own transfers of the past whose ids belong to what is known, besides what the exchange's history tells. */
const OWN_KNOWN = 100;
/** One that provably never left is given up when the gateway does not ask for it any more. */
const UNSENT_MS_MAX = 15 * 60_000;
const TOO_LATE = "It did not start in the time that its approval gave it.";
/** The exchange counts money in so many decimals. */
const DECIMALS_MAX = 8;

export interface TreasuryPorts {
  readonly account: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Pick<Settings, "absenceProvenMs" | "recvWindowMs" | "callTimeoutMs">;
  readonly store: Store;
  /** Absent: the connector cannot. */
  readonly transfers: VenueTransfers | undefined;
  readonly grants: GrantChecker;
  readonly raise: Raise;
  balances(): Promise<Balance[]>;
  /** Of the config revision in force. */
  flags(): TreasuryFlags;
  audit(entry: { actor: string; what: string; ref: string; outcome: string; before?: unknown; after?: unknown }): Op;
}

type Kept = Row<TreasuryTransfer>;

export class Treasury {
  private readonly ports: TreasuryPorts;
  private turn: Promise<unknown> = Promise.resolve();
  /** Since when (monotonic) nothing of a transfer can have been sent any more, as far as this life knows. */
  private readonly quietSince = new Map<string, number>();

  private readonly lost: LostTransfers;

  constructor(ports: TreasuryPorts) {
    this.ports = ports;
    this.lost = new LostTransfers(ports);
  }

  /**
   * Throws Problem FORBIDDEN without a grant for exactly this, RULE over a limit or with too little, KEY_REUSED for an
   * id that stands for another transfer, UNAVAILABLE or RATE_LIMITED when nothing was sent and it may be tried again.
   */
  transfer(asked: Transfer, grant: string | undefined): Promise<TransferResult> {
    return this.inTurn(() => this.answer(asked, grant));
  }

  /** Finds out about those whose outcome is not known. */
  settle(): Promise<void> {
    return this.inTurn(() => this.settleAll());
  }

  /** One after the other: of two at once nobody could tell which the exchange's history shows. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async answer(asked: Transfer, grant: string | undefined): Promise<TransferResult> {
    const { grants, account, store, clock } = this.ports;
    const { approver, hash, start_by } = await grants.check(grant, asked);
    if (asked.account !== account) refuse("FORBIDDEN", `This connector serves account ${account} only.`);
    const kept = await store.get(treasuryTransfers, asked.transfer_id);
    if (kept && kept.value.hash !== hash) refuse("KEY_REUSED", "This transfer_id stands for another transfer.");
    if (kept) return told(await this.goOn(kept, start_by));
    if (clock.now() > start_by) refuse("RULE", TOO_LATE);
    if (stepDigits(dec(asked.amount_usdt)) > DECIMALS_MAX) {
      refuse("INVALID", `amount_usdt: at most ${DECIMALS_MAX} decimals`, {
        errors: [{ field: "amount_usdt", message: `has more than ${DECIMALS_MAX} decimals` }],
      });
    }
    const now = clock.now();
    const record: TreasuryTransfer = {
      ...asked,
      hash,
      approved_by: approver,
      state: "STARTED",
      created_at: now,
      updated_at: now,
    };
    const misfit = await this.unwanted(record);
    if (misfit !== undefined) refuse("RULE", misfit);
    return told(await this.send(record, undefined));
  }

  /** A repeat: what became of the first; sent again only when it is certain that nothing was done. */
  private async goOn(kept: Kept, startBy: number): Promise<TreasuryTransfer> {
    if (isFinal(kept.value)) return kept.value;
    const row = await this.resolve(kept).catch((error: unknown) => this.stillUnknown(kept, error));
    if (isFinal(row.value) || row.value.sent_at !== undefined) return row.value;
    const isLate = this.ports.clock.now() > startBy;
    const misfit = isLate ? TOO_LATE : await this.unwanted(row.value);
    return misfit === undefined ? this.send(row.value, row) : (await this.end(row, "FAIL", { message: misfit })).value;
  }

  private async settleAll(): Promise<void> {
    const { store, clock } = this.ports;
    const open = await store.query(treasuryTransfers, {
      where: { state: { in: ["STARTED", "UNKNOWN"] } },
      limit: PAGE,
    });
    for (const row of open.items) {
      if (row.value.sent_at !== undefined) {
        await this.resolve(row).catch((error: unknown) => this.stillUnknown(row, error));
      } else if (clock.now() - row.value.updated_at > UNSENT_MS_MAX) {
        await this.end(row, "FAIL", { message: "It was never sent, and the gateway asks for it no more." });
      }
    }
  }

  /** Looks for one that was sent in the exchange's history. Throws when the exchange cannot be asked. */
  private async resolve(row: Kept): Promise<Kept> {
    const { clock } = this.ports;
    const { sent_at, known_tx_ids, ...unsent } = row.value;
    if (sent_at === undefined) return row;
    const isQuiet = clock.mono() - this.quietFrom(unsent.transfer_id) > this.doubtMs();
    const mine = ofAmount(await this.venue().since(unsent, new Set(known_tx_ids)), unsent.amount_usdt);
    if (mine?.state === "DONE") return this.end(row, "OK", { tx_id: mine.tx_id });
    if (mine?.state === "FAILED") {
      return this.end(row, "FAIL", { tx_id: mine.tx_id, message: "The exchange tells that the transfer failed." });
    }
    if (mine || !isQuiet) return row.value.state === "UNKNOWN" ? row : this.doubt(row, "It was sent before a restart.");
    this.quietSince.delete(unsent.transfer_id);
    const message = "The exchange's history proves that nothing was done.";
    return this.keep(row, { ...unsent, state: "STARTED", message }, "ABSENT");
  }

  /**
   * A request is refused when it arrives later than recvWindow, the exchange's history may lag behind what it has
   * taken, and within a call the clock may have been measured before it was sent once more.
   */
  private doubtMs(): number {
    const { absenceProvenMs, recvWindowMs, callTimeoutMs } = this.ports.settings;
    return absenceProvenMs + recvWindowMs + 2 * callTimeoutMs;
  }

  /** Of one from an earlier life, which may have sent it right before its end: since we first looked. */
  private quietFrom(id: string): number {
    const since = this.quietSince.get(id) ?? this.ports.clock.mono();
    this.quietSince.set(id, since);
    return since;
  }

  private async send(record: TreasuryTransfer, before: Kept | undefined): Promise<TreasuryTransfer> {
    const { clock } = this.ports;
    const venue = this.venue();
    const { message: _, ...plain } = record;
    await this.refuseWhileAnother(record.transfer_id);
    const known_tx_ids = await this.knownIds(record);
    const sent: TreasuryTransfer = { ...plain, state: "STARTED", sent_at: clock.now(), known_tx_ids };
    const row = await this.keep(before, sent, "STARTED");
    this.quietSince.set(record.transfer_id, clock.mono());
    let tx_id: string;
    try {
      tx_id = await venue.move(record, record.amount_usdt);
    } catch (error) {
      return (await this.unmoved(row, asProblem(error))).value;
    }
    return (await this.end(row, "OK", { tx_id })).value;
  }

  /** What a failed call means: refused, not sent at all, or nobody knows. */
  private async unmoved(row: Kept, problem: Problem): Promise<Kept> {
    if (problem.code === "EXCHANGE_REFUSED") return this.end(row, "FAIL", { message: problem.message });
    if (problem.code === "UNAVAILABLE" || problem.code === "RATE_LIMITED") {
      const { sent_at: _, known_tx_ids: __, ...unsent } = row.value;
      await this.keep(row, { ...unsent, message: problem.message }, "NOT_SENT");
      throw problem;
    }
    this.ports.log.error("A transfer's outcome is unknown", { error: String(problem.cause ?? problem) });
    return this.doubt(row, problem.message);
  }

  private async doubt(row: Kept, message: string): Promise<Kept> {
    const { transfer_id, amount_usdt, from, to } = row.value;
    const kept = await this.keep(row, { ...row.value, state: "UNKNOWN", message }, "UNKNOWN");
    const what = `Transfer ${transfer_id} of ${amount_usdt} USDT from ${from} to ${to}`;
    const action = "The exchange's history is asked until it tells; no other transfer starts meanwhile";
    this.ports.raise("ERROR", "TRANSFER_UNKNOWN", `${what} has an unknown outcome`, action);
    return kept;
  }

  private async end(row: Kept, state: "OK" | "FAIL", told: { tx_id?: string; message?: string }): Promise<Kept> {
    const { message: _, ...value } = row.value;
    const kept = await this.keep(row, { ...value, state, ...told }, state);
    this.quietSince.delete(value.transfer_id);
    if (state === "FAIL") {
      this.ports.raise("WARN", "TRANSFER_FAILED", `Transfer ${value.transfer_id} was not made: ${told.message}`);
    }
    return kept;
  }

  private stillUnknown(row: Kept, error: unknown): Kept {
    this.ports.log.warn("A transfer's outcome could not be asked", {
      transfer_id: row.value.transfer_id,
      error: String(error),
    });
    return row;
  }

  private async keep(before: Kept | undefined, value: TreasuryTransfer, outcome: string): Promise<Kept> {
    const { store, audit, clock } = this.ports;
    const after = { ...value, updated_at: clock.now() };
    const entry = audit({
      actor: before === undefined ? value.approved_by : "s01",
      what: "treasury.transfer",
      ref: value.transfer_id,
      outcome,
      ...(before && { before: brief(before.value) }),
      after: brief(after),
    });
    await store.commit([put(treasuryTransfers, after, before?.rev ?? null), entry], { sync: "full" });
    return (await store.get(treasuryTransfers, value.transfer_id)) as Kept;
  }

  /** Throws Problem UNAVAILABLE: only of one at a time can be told which one the exchange's history shows. */
  private async refuseWhileAnother(id: string): Promise<void> {
    const open = await this.ports.store.query(treasuryTransfers, {
      where: { state: { in: ["STARTED", "UNKNOWN"] } },
      limit: PAGE,
    });
    const other = open.items.find(({ value }) => value.transfer_id !== id && value.sent_at !== undefined);
    if (!other) return;
    const said = `Transfer ${other.value.transfer_id} has an unknown outcome; no other starts before that is known.`;
    refuse("UNAVAILABLE", said, { retryAfterMs: 5_000 });
  }

  private venue(): VenueTransfers {
    return this.ports.transfers ?? refuse("RULE", "This connector cannot move funds on its exchange.");
  }

  private async knownIds(record: TreasuryTransfer): Promise<string[]> {
    const { store } = this.ports;
    const told = (await this.venue().newest(record)).map(({ tx_id }) => tx_id);
    const own = await store.query(treasuryTransfers, {
      sort: { field: "created_at", order: "desc" },
      limit: OWN_KNOWN,
    });
    return [...new Set([...told, ...own.items.flatMap(({ value }) => value.tx_id ?? [])])];
  }

  /** One that these books have not sent may have left all the same, in a time that they have lost. */
  private async unwanted(record: TreasuryTransfer): Promise<string | undefined> {
    return (await this.lost.mayBe(record)) ?? this.misfit(record);
  }

  /** Why it may not be made, in words; nothing when it may. */
  private async misfit(record: TreasuryTransfer): Promise<string | undefined> {
    const flags = this.ports.flags();
    const amount = dec(record.amount_usdt);
    if (record.from === record.to) return "from and to are the same wallet.";
    if (amount > dec(flags.transfer_usdt_max)) return `More than ${flags.transfer_usdt_max} USDT at once is not moved.`;
    const today = add(await this.movedToday(record.transfer_id), await this.lost.since(this.midnight()));
    if (add(today, amount) > dec(flags.day_usdt_max)) {
      return `More than ${flags.day_usdt_max} USDT a day is not moved (UTC).`;
    }
    const wallet = (await this.ports.balances()).find((row) => row.market === record.from && row.asset === ASSET);
    const free = wallet?.free ?? "0";
    return dec(free) < amount ? `Only ${free} USDT are free in ${record.from}.` : undefined;
  }

  private midnight(): number {
    return Math.floor(this.ports.clock.now() / DAY_MS) * DAY_MS;
  }

  /** All that left for the exchange this UTC day, or still may, but for this one. */
  private async movedToday(id: string): Promise<Amount> {
    const { store } = this.ports;
    const from = this.midnight();
    const isToday = ({ sent_at, created_at }: TreasuryTransfer) => (sent_at ?? created_at) >= from;
    let total = zero;
    for (let cursor: string | undefined; ; ) {
      const page = await store.query(treasuryTransfers, {
        // What was asked for before midnight may have left after it.
        where: { created_at: { gte: from - DAY_MS }, state: { ne: "FAIL" } },
        sort: { field: "created_at", order: "asc" },
        limit: PAGE,
        ...(cursor !== undefined && { cursor }),
      });
      const others = page.items.filter(({ value }) => value.transfer_id !== id && isToday(value));
      total = add(total, sum(others.map(({ value }) => dec(value.amount_usdt))));
      cursor = page.next_cursor;
      if (cursor === undefined) return total;
    }
  }
}

/** Ours among movements: of this amount of USDT; of several the first one made. */
const ofAmount = (movements: readonly Movement[], amount: string): Movement | undefined =>
  movements.findLast((each) => each.asset === ASSET && each.amount === dec(amount));

const isFinal = ({ state }: TreasuryTransfer): boolean => state === "OK" || state === "FAIL";

const told = ({ transfer_id, state, tx_id, message }: TreasuryTransfer): TransferResult => ({
  transfer_id,
  result: state === "OK" || state === "FAIL" ? state : "UNKNOWN",
  ...(tx_id !== undefined && { tx_id }),
  ...(message !== undefined && { message }),
});

const brief = ({ known_tx_ids: _, ...rest }: TreasuryTransfer) => rest;
