/** Transfers between the account's wallets: asked for, approved by policy or a person, and had done by S1 on a grant. */
import type { Approval } from "../../shared/collections/people.ts";
import { type config, type exchange, Transfer } from "../../shared/contracts.ts";
import { Bundle, type TreasuryFlags } from "../../shared/domain/bundle.ts";
import { type Amount, add, dec, show, stepDigits, sum } from "../../shared/domain/money.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { type GrantSigner, transferHash } from "../../shared/kit/grant.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import type { Client, Context, Log, Principal } from "../../shared/kit/service.ts";
import { MAY_DECIDE } from "./approval-kinds.ts";
import { type Approvals, type Kept, POLICY } from "./approvals.ts";
import type { TransferAnswer } from "./types.ts";

const DAY_MS = 86_400_000;
const SERVICE = /^s\d\d$/;
/** The people who may ask for one. */
export const ASKERS: readonly Principal["role"][] = ["trader", "risk", "admin"];
/** The exchange counts money in so many decimals. */
const DECIMALS_MAX = 8;
/** Less than a caller of ours waits, so that it hears that the outcome is not known yet. */
const CALL_MS_MAX = 8_000;
/** What could not start so long after it was approved is not made any more: the reason for it may be gone. */
const START_MS_MAX = 15 * 60_000;
/** By these S1 says that it has done nothing under this id, and never will. */
const FINAL: readonly string[] = ["RULE", "INVALID", "KEY_REUSED"];

export interface TreasuryParts {
  account: string;
  clock: Clock;
  log: Log;
  approvals: Approvals;
  calls: {
    exchange: Pick<Client<typeof exchange>, "transfer">;
    config: Pick<Client<typeof config>, "getActive">;
  };
  /** Absent where there is no key to sign with. */
  grants: GrantSigner | undefined;
  alert: Context["alert"];
  /** A person as they are now; undefined for who is not let in. */
  present(username: string): Promise<Principal | undefined>;
}

/** True when a service's request needs no person: within the caps of one transfer and of the UTC day. */
export function decidePolicy(
  asked: { isService: boolean; amount: Amount; today: Amount },
  flags: Pick<TreasuryFlags, "policy_transfer_usdt_max" | "policy_day_usdt_max">,
): boolean {
  const fitsOnce = asked.amount <= dec(flags.policy_transfer_usdt_max);
  return asked.isService && fitsOnce && add(asked.today, asked.amount) <= dec(flags.policy_day_usdt_max);
}

export class Treasury {
  private readonly parts: TreasuryParts;
  private turn: Promise<unknown> = Promise.resolve();
  private lastFlags: TreasuryFlags | undefined;

  constructor(parts: TreasuryParts) {
    this.parts = parts;
  }

  /**
   * The same transfer_id is the same transfer, whose present state is answered. Throws Problem KEY_REUSED for another
   * one under its id, RULE for the same wallet twice or an amount that nobody moves at once.
   */
  async ask(given: Transfer, who: Principal): Promise<Kept> {
    const transfer = { ...given, amount_usdt: show(dec(given.amount_usdt)) };
    if (transfer.account !== this.parts.account)
      refuse("FORBIDDEN", `There is one account here, ${this.parts.account}.`);
    // One after the other: requests at the same moment must not pass a cap together that each passes alone.
    return this.inTurn(() => this.admit(transfer, who));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  private async admit(transfer: Transfer, who: Principal): Promise<Kept> {
    const { approvals, alert, clock } = this.parts;
    const hash = transferHash(transfer);
    const first = await approvals.get(transfer.transfer_id);
    if (first) {
      const isSame = first.value.hash === hash && first.value.requested_by === who.id;
      return isSame ? first : refuse("KEY_REUSED", "This id stands for another transfer.");
    }
    const flags = await this.flags();
    const amount = dec(transfer.amount_usdt);
    if (transfer.from === transfer.to) refuse("RULE", "from and to are the same wallet.");
    if (stepDigits(amount) > DECIMALS_MAX) {
      const message = `has more than ${DECIMALS_MAX} decimals`;
      refuse("INVALID", `amount_usdt ${message}`, { errors: [{ field: "amount_usdt", message }] });
    }
    if (amount > dec(flags.transfer_usdt_max))
      refuse("RULE", `More than ${flags.transfer_usdt_max} USDT at once is not moved.`);
    const dayStart = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    const today = sum((await approvals.byPolicySince(dayStart)).map(({ subject }) => dec(String(subject.amount_usdt))));
    const byPolicy = decidePolicy({ isService: who.kind === "service", amount, today }, flags);
    const { transfer_id } = transfer;
    const detail = `Move ${transfer.amount_usdt} USDT from ${transfer.from} to ${transfer.to}: ${transfer.reason}`;
    const asked = {
      approval_id: transfer_id,
      kind: "TRANSFER",
      subject: transfer,
      hash,
      detail,
      requested_by: who.id,
      ...(who.from !== undefined && { requested_from: who.from }),
    } as const;
    const row = await approvals.ask(asked, byPolicy);
    if (!byPolicy) {
      alert("WARN", "APPROVAL_WANTED", `${who.id} asks: ${detail} (${transfer_id})`, "Waits for a person's approval");
    }
    return row;
  }

  /** The newest caps; those of before while the config service is away. */
  private async flags(): Promise<TreasuryFlags> {
    try {
      const { bundle } = await this.parts.calls.config.getActive({});
      this.lastFlags = Bundle.parse(bundle).flags.treasury;
    } catch (error) {
      if (!this.lastFlags) throw error;
      this.parts.log.warn("the config service is away; its last caps are taken", { error: String(error) });
    }
    return this.lastFlags;
  }

  /** Has S1 make what is approved. What is withdrawn S1 does not start any more, and tells whether it had. */
  async execute(row: Kept): Promise<Kept> {
    const { approvals, alert, calls, grants } = this.parts;
    const { approval_id: id, subject, hash, decided_by = "" } = row.value;
    const transfer = Transfer.safeParse(subject);
    if (!transfer.success || transferHash(transfer.data) !== hash) {
      alert("ERROR", "APPROVAL_CHANGED", `Approval ${id} is not what was approved any more`, "It is not done");
      return approvals.finish(row, "FAILED", "Its content was changed after it was asked for.");
    }
    if (!grants) return approvals.wait(row, "This gateway has no key to sign grants with.");
    try {
      // S1 starts none whose time is over, and tells of one that has started already.
      const start_by = (await this.mayStart(row.value)) ? startBy(row.value) : row.value.created_at;
      const grant = await grants.sign({ transfer_id: id, hash, approver: decided_by, start_by });
      const { result, tx_id, message } = await calls.exchange.transfer(
        { ...transfer.data, grant },
        { timeoutMs: CALL_MS_MAX },
      );
      if (result === "OK") return approvals.finish(row, "DONE", `The exchange calls it ${tx_id}.`);
      if (result === "FAIL") return approvals.finish(row, "FAILED", message ?? "The exchange did not make it.");
      return approvals.wait(row, message ?? "The exchange has not told its outcome yet.");
    } catch (error) {
      return this.failed(row, error);
    }
  }

  /** Whether who asked and who approved it still may. */
  private async mayStart({ requested_by, decided_by = "" }: Approval): Promise<boolean> {
    const asker = SERVICE.test(requested_by) ? undefined : await this.parts.present(requested_by);
    const approver = decided_by === POLICY ? undefined : await this.parts.present(decided_by);
    const mayAsk = SERVICE.test(requested_by) || (asker !== undefined && ASKERS.includes(asker.role));
    const mayApprove = decided_by === POLICY || (approver !== undefined && MAY_DECIDE.TRANSFER.includes(approver.role));
    return mayAsk && mayApprove;
  }

  private async failed(row: Kept, error: unknown): Promise<Kept> {
    const { approvals, alert, log } = this.parts;
    const { code, message } = asProblem(error);
    const id = row.value.approval_id;
    if (FINAL.includes(code)) {
      alert("WARN", "TRANSFER_FAILED", `Transfer ${id} was not made: ${message}`);
      return approvals.finish(row, "FAILED", message);
    }
    log.warn("an approved transfer waits", { transfer_id: id, error: String(error) });
    if (row.value.outcome === undefined) {
      alert("WARN", "TRANSFER_WAITING", `Transfer ${id} is approved and cannot be made now`, "It is tried again");
    }
    return approvals.wait(row, message);
  }
}

const startBy = ({ withdrawn_at, decided_at, created_at }: Approval): number =>
  withdrawn_at ?? (decided_at ?? created_at) + START_MS_MAX;

const STATUS: Record<Approval["state"], TransferAnswer["status"]> = {
  PENDING: "PENDING_APPROVAL",
  APPROVED: "UNKNOWN",
  DONE: "OK",
  FAILED: "FAIL",
  REFUSED: "FAIL",
  EXPIRED: "FAIL",
};

export const answerOf = ({ approval_id, state, outcome }: Approval): TransferAnswer => ({
  transfer_id: approval_id,
  status: STATUS[state],
  ...(outcome !== undefined && { message: outcome }),
});
