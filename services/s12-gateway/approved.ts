/** What was asked for is decided on, and what is approved is carried out: at once, and after a crash, until it is done. */
import type { Approval } from "../../shared/collections/people.ts";
import type { Log, Principal } from "../../shared/kit/service.ts";
import type { Approvals, Kept } from "./approvals.ts";

export interface ApprovedParts {
  approvals: Approvals;
  log: Log;
  /** Does one that is approved; answers it as it is then. */
  execute(row: Kept): Promise<Kept>;
}

export function createApproved({ approvals, log, execute }: ApprovedParts) {
  const running = new Map<string, Promise<Kept>>();

  /** Once at a time for each; what is not approved is answered as it is. */
  function run(row: Kept): Promise<Kept> {
    const id = row.value.approval_id;
    if (row.value.state !== "APPROVED") return Promise.resolve(row);
    const kept = running.get(id);
    if (kept) return kept;
    const work = attempt(id).finally(() => running.delete(id));
    running.set(id, work);
    return work;
  }
  async function attempt(id: string): Promise<Kept> {
    const row = await approvals.need(id);
    return row.value.state === "APPROVED" ? execute(row) : row;
  }

  return {
    run,
    async approve(id: string, who: Principal, seen: string | undefined): Promise<Approval> {
      return (await run(await approvals.judge(id, who, ["APPROVED", seen]))).value;
    },
    /** What is approved and not done is withdrawn: whoever does it tells whether it had started. */
    async refuse(id: string, who: Principal, seen: string | undefined): Promise<Approval> {
      // What is being done at this moment could not be told of it any more.
      await running.get(id)?.catch(() => {});
      return (await run(await approvals.judge(id, who, ["REFUSED", seen]))).value;
    },
    /** Has done what is approved and not done yet. */
    async carryOn(): Promise<void> {
      await approvals.expireOld();
      for (const row of await approvals.approved()) {
        // One that cannot be done holds up no other.
        await run(row).catch((error: unknown) =>
          log.error("what was approved broke", { approval_id: row.value.approval_id, error: String(error) }),
        );
      }
    },
  };
}
export type Approved = ReturnType<typeof createApproved>;
