/** Tops up the futures wallet from spot: measured, stored under an id, asked of the gateway, followed to its end. */
import { put } from "../../shared/changes.ts";
import { type AutoTransfer, autoTransfers } from "../../shared/collections/trades.ts";
import { type Amount, dec, show, sum, zero } from "../../shared/domain/money.ts";
import type { Balance } from "../../shared/domain/trade.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { digest } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { decideTopUp } from "../../shared/trading/position/top-up.ts";
import type { Ports } from "./types.ts";

/** Exchange and gateway count money no finer. */
const UNIT = dec("0.00000001");
const ID_CHARACTERS = 32;
/** By these the gateway says that nothing is done under this id, and never will be. */
const FINAL: readonly string[] = ["RULE", "INVALID", "KEY_REUSED", "FORBIDDEN"];
const UNDER_WAY: readonly string[] = ["PENDING_APPROVAL", "UNKNOWN"];
/** More records than this are not looked through for the last transfer. */
const RECORDS_MAX = 200;

export interface Trigger {
  readonly trigger_id: string;
  readonly reason: string;
  readonly actor: string;
}

export class AutoTransfers {
  private readonly ports: Ports;
  /** One look at a time: two at once would both find the wallet short. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /**
   * The same trigger_id is the same look, whose present state is answered. Throws Problem WRONG_STATE while automatic
   * transfers are off, another one is under way, or the last one was not long ago.
   */
  trigger(trigger: Trigger): Promise<AutoTransfer> {
    return this.inTurn(async () => {
      const known = (await this.ports.store.get(autoTransfers, trigger.trigger_id))?.value;
      return known ? this.follow(known) : this.begin(trigger);
    });
  }

  /** Follows what is under way; else looks by itself, where it may. What needs nothing leaves no record. */
  round(): Promise<void> {
    return this.inTurn(async () => {
      const [last] = await this.withTransfer();
      if (last && UNDER_WAY.includes(last.status)) await this.follow(last);
      else if (this.mayLook(last) === undefined) await this.lookByItself();
    });
  }

  private async lookByItself(): Promise<void> {
    const { need, isCovered } = await this.measure();
    if (need === zero) return;
    if (!isCovered) {
      this.ports.alert("WARN", "TOP_UP_SHORT", "The futures wallet is below its minimum, and spot cannot spare enough");
      return;
    }
    // Its number is in the store before anybody is asked: after a crash it is followed, not asked for anew.
    const trigger_id = await this.freeId();
    await this.begin({ trigger_id, reason: "free futures margin is below its minimum", actor: "s06" });
  }

  private async freeId(): Promise<string> {
    const { store } = this.ports;
    for (let nth = (await store.count(autoTransfers)) + 1; ; nth++) {
      if (!(await store.get(autoTransfers, `auto-${nth}`))) return `auto-${nth}`;
    }
  }

  private async begin({ trigger_id, reason, actor }: Trigger): Promise<AutoTransfer> {
    const { clock, account, store } = this.ports;
    const [last] = await this.withTransfer();
    const why = this.mayLook(last);
    if (why !== undefined) refuse("WRONG_STATE", why);
    const { need, isCovered } = await this.measure();
    const about = { trigger_id, account, need_usdt: show(need), reason, ts: clock.now() };
    const message = "spot would be left with less than its buffer";
    const transfer_id = digest("auto-transfer", account, trigger_id).slice(0, ID_CHARACTERS);
    let record: AutoTransfer = { ...about, transfer_id, status: "UNKNOWN" };
    if (need === zero) record = { ...about, status: "NOT_NEEDED" };
    else if (!isCovered) record = { ...about, status: "FAIL", message };
    await store.commit([put(autoTransfers, record, null), this.auditOf(record, actor)], { sync: "full" });
    return record.status === "UNKNOWN" ? this.follow(record) : record;
  }

  /** Asks the gateway, which knows the transfer by its id, what has become of it; the first time, to have it done. */
  private async follow(record: AutoTransfer): Promise<AutoTransfer> {
    const { account, gateway, store, warn } = this.ports;
    const { transfer_id, need_usdt, reason, status: before } = record;
    if (transfer_id === undefined || !UNDER_WAY.includes(before)) return record;
    const asked = { transfer_id, account, from: "SPOT", to: "FUT", amount_usdt: need_usdt, reason } as const;
    let said: Pick<AutoTransfer, "status" | "message">;
    try {
      said = await gateway.requestTransfer(asked);
    } catch (error) {
      const problem = asProblem(error);
      if (!FINAL.includes(problem.code)) {
        warn("the gateway does not say what became of a transfer", { transfer_id, error: String(error) });
        return record;
      }
      said = { status: "FAIL", message: problem.message };
    }
    const { message: _old, ...kept } = record;
    const { status, message } = said;
    const after: AutoTransfer = { ...kept, status, ...(message === undefined ? {} : { message }) };
    if (status === before && message === record.message) return record;
    const isNews = status !== before;
    await store.commit([put(autoTransfers, after), ...(isNews ? [this.auditOf(after, "s06")] : [])]);
    return after;
  }

  /** Why there is no look now. */
  private mayLook(last: AutoTransfer | undefined): string | undefined {
    const { auto_transfer, cooldown_ms } = this.ports.config().bundle.flags.treasury;
    if (!auto_transfer) return "automatic transfers are disabled: flags.treasury.auto_transfer";
    if (!last) return undefined;
    if (UNDER_WAY.includes(last.status)) return `transfer ${last.transfer_id} is still ${last.status}`;
    const waitMs = last.ts + cooldown_ms - this.ports.clock.now();
    return waitMs > 0 ? `cooling down: the next one may be in ${Math.ceil(waitMs / 1_000)} s` : undefined;
  }

  private async measure(): Promise<{ need: Amount; isCovered: boolean }> {
    const { exchange, account, config } = this.ports;
    const { min_free_fut_usdt, spot_buffer_usdt } = config().bundle.flags.treasury;
    const { balances } = await exchange.getBalances({ account });
    return decideTopUp({
      freeFut: freeUsdt(balances, "FUT"),
      freeSpot: freeUsdt(balances, "SPOT"),
      minFreeFut: dec(min_free_fut_usdt),
      spotBuffer: dec(spot_buffer_usdt),
      unit: UNIT,
    });
  }

  /** Looks that had a transfer made, newest first. */
  private async withTransfer(): Promise<AutoTransfer[]> {
    const { items } = await this.ports.store.query(autoTransfers, {
      sort: { field: "ts", order: "desc" },
      limit: RECORDS_MAX,
    });
    return items.map(({ value }) => value).filter(({ transfer_id }) => transfer_id !== undefined);
  }

  private auditOf(record: AutoTransfer, actor: string): Op {
    const { trigger_id, status, need_usdt, transfer_id } = record;
    const after = { need_usdt, ...(transfer_id === undefined ? {} : { transfer_id }) };
    return this.ports.audit({ actor, what: "treasury.auto_transfer", ref: trigger_id, outcome: status, after });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work, work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

const freeUsdt = (balances: readonly Balance[], market: "SPOT" | "FUT"): Amount =>
  sum(balances.filter((row) => row.market === market && row.asset === "USDT").map((row) => dec(row.free)));
