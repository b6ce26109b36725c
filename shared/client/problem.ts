/** What the gateway said instead of an answer, as an error that explains itself. */
import type { Problem } from "./gen/types.ts";

/** NETWORK: nothing came back; it may have been done. LATE: no answer in time; the same. Later versions may add codes. */
export type ProblemCode = Problem["code"] | "NETWORK" | "LATE" | (string & {});
export interface FieldProblem {
  field: string;
  message: string;
}

export class ApiProblem extends Error {
  /** Of HTTP; 0: there was no answer. */
  readonly status: number;
  readonly code: ProblemCode;
  readonly title: string;
  /** By which the log knows the request. */
  readonly traceId: string | undefined;
  /** What is wrong with which field. */
  readonly errors: readonly FieldProblem[];
  /** Milliseconds after which it makes sense to ask again. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, body: Readonly<Record<string, unknown>>, retryAfterMs?: number) {
    const title = String(body.title ?? `HTTP ${status}`);
    super(String(body.detail ?? title));
    this.name = "ApiProblem";
    this.status = status;
    this.title = title;
    this.code = String(body.code ?? "");
    this.traceId = typeof body.trace_id === "string" ? body.trace_id : undefined;
    this.errors = Array.isArray(body.errors) ? (body.errors as FieldProblem[]) : [];
    this.retryAfterMs = retryAfterMs;
  }
}

/** Nothing is done yet, and nothing is wrong: somebody else must allow it first, at `/approvals/{id}/approve`. */
export class AwaitsApproval extends Error {
  readonly approvalId: string;
  constructor(approvalId: string, detail: string) {
    super(detail);
    this.name = "AwaitsApproval";
    this.approvalId = approvalId;
  }
}

/** The answer, unless it says that a second person is waited for. */
export function decided(status: number, body: unknown): unknown {
  const { approval_id, detail, status: said } = Object(body) as Record<string, unknown>;
  if (status !== 202 || said !== "PENDING_APPROVAL" || typeof approval_id !== "string") return body;
  throw new AwaitsApproval(approval_id, String(detail ?? ""));
}

/** Of an answer that is none. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown> | null;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new ApiProblem(response.status, body ?? {}, Number.isFinite(seconds) ? seconds * 1000 : undefined);
}

/** A failure that may be gone a moment later; a refusal will be the same again. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiProblem) || error.status === 0 || error.status === 429 || error.status >= 500;
