/** Every request that changes something: proven again where it must be, and told apart where a second person decides. */
import { send } from "../api/http.ts";
import { proofGate } from "./proof-gate.ts";

/** Nothing is done yet, and nothing is wrong: somebody else must allow it first. */
export class AwaitsApproval extends Error {
  readonly approvalId: string;
  constructor(approvalId: string, detail: string) {
    super(detail);
    this.name = "AwaitsApproval";
    this.approvalId = approvalId;
  }
}

interface Answered {
  status?: unknown;
  approval_id?: unknown;
  detail?: unknown;
}

/** Throws AwaitsApproval for an answer that says so, else gives the answer back. */
export function decided<T>(status: number, body: T): T {
  const { status: said, approval_id, detail } = Object(body) as Answered;
  if (status === 202 && said === "PENDING_APPROVAL" && typeof approval_id === "string") {
    throw new AwaitsApproval(approval_id, typeof detail === "string" ? detail : "");
  }
  return body;
}

interface ChangeOptions {
  body?: unknown;
  /** The same for every try of the same act. */
  key?: string;
}

export async function change<T>(
  method: "POST" | "DELETE",
  path: string,
  { body = {}, key }: ChangeOptions = {},
): Promise<T> {
  const options = key === undefined ? { body } : { body, idempotencyKey: key };
  const answer = await proofGate.run(() => send<T>(method, path, options));
  return decided(answer.status, answer.body);
}
