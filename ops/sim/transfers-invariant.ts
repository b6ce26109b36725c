/** Invariant 15: each transfer between wallets moved at the venue once at most, and only as it was approved. */
import { type TreasuryTransfer, treasuryTransfers } from "../../shared/collections/exchange.ts";
import { type Approval, approvals } from "../../shared/collections/people.ts";
import { abs, dec, show } from "../../shared/domain/money.ts";
import type { Store } from "../../shared/kit/ports.ts";
import type { Venue } from "../venue/venue.ts";
import { readAll } from "./pages.ts";

type Check = (holds: boolean, what: () => string) => void;

const WHY = "transfer ";
const wayOf = ({ from }: TreasuryTransfer): string => (from === "SPOT" ? "MAIN_UMFUTURE" : "UMFUTURE_MAIN");

/** Of `account` alone: what other clients of the venue move is theirs. */
export async function judgeTransfers(
  { venue, account }: { venue: Venue; account: string },
  store: (owner: "s01" | "s12") => Store,
  check: Check,
): Promise<void> {
  const ours = await readAll(store("s01"), treasuryTransfers);
  const allowed = new Map((await readAll(store("s12"), approvals)).map((each) => [each.approval_id, each]));
  const moved = venue.exchange.state.income.filter((row) => row.account === account && row.why?.startsWith(WHY));
  for (const { income_id, why, qty } of moved) {
    const claims = ours.filter(({ tx_id }) => tx_id === String(income_id));
    const said = () => `15: the venue's transfer ${income_id} of ${show(abs(qty))} is that of ${claims.length} of ours`;
    const [one] = claims;
    const fits = one && dec(one.amount_usdt) === abs(qty) && why === WHY + wayOf(one);
    check(claims.length === 1 && fits === true, said);
  }
  for (const transfer of ours) {
    const { transfer_id, state } = transfer;
    const settled = state === "OK" || state === "FAIL";
    check(settled, () => `15: transfer ${transfer_id} is still ${state}`);
    const isThere = moved.some(({ income_id }) => String(income_id) === transfer.tx_id);
    check(state !== "OK" || isThere, () => `15: the venue knows nothing of transfer ${transfer_id}`);
    judgeApproval(transfer, allowed.get(transfer_id), check);
  }
}

function judgeApproval(transfer: TreasuryTransfer, approval: Approval | undefined, check: Check): void {
  const { transfer_id, hash, approved_by } = transfer;
  const isApproved = approval?.hash === hash && approval.decided_by === approved_by;
  check(isApproved, () => `15: transfer ${transfer_id} is not what was approved`);
  const isOwn = approval?.decided_by === approval?.requested_by && approval?.self_approved !== true;
  check(!isOwn, () => `15: transfer ${transfer_id} was approved by who asked for it`);
}
