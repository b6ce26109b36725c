/** What can go wrong with an object store: what is worth another try, and what is said of it. */
import { Problem } from "../../errors.ts";

/** What the server or the way to it has done: one that failed by itself, or said nothing in time. */
export class StoreTrouble extends Error {
  /** S3's name for it, or `TIMEOUT`. */
  readonly code: string;
  /** HTTP; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(code: string, message: string, status?: number) {
    super(message);
    this.name = "StoreTrouble";
    this.code = code;
    this.status = status;
  }
}

export class Replaced extends Problem {
  constructor() {
    super("UNAVAILABLE", "The blob was replaced while it was read; read it again.");
  }
}

const FULL = ["XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"];
const FULL_STATUS = 507;
const NOT_IMPLEMENTED = 501;
/** Refused as broken or late on the way; the rest of what has a status below 500 stays as it is, however often asked. */
const PASSING = ["RequestTimeout", "IncompleteBody", "BadDigest", "SlowDown", "Throttling", "OperationAborted"];
const ABSENT = ["NoSuchKey", "NotFound", "NoSuchVersion"];
const NOT_US = ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"];
const UNNAMEABLE = ["KeyTooLongError", "XMinioInvalidObjectName", "InvalidObjectName"];
const TAKEN = ["XMinioParentIsObject", "XMinioObjectExistsAsDirectory"];

/** S3's name for what went wrong, or the system's for why there was no answer; empty where it is neither. */
export function codeOf(error: unknown): string {
  const { code, Code } = (error ?? {}) as { code?: unknown; Code?: unknown };
  return String(code ?? Code ?? "");
}

export const isAbsent = (error: unknown): boolean => ABSENT.includes(codeOf(error));
/** A condition of the request did not hold: somebody else was there before. */
export const isOvertaken = (error: unknown): boolean =>
  ["PreconditionFailed", "ConditionalRequestConflict"].includes(codeOf(error));
export const lacksConditions = (error: unknown): boolean => codeOf(error) === "NotImplemented";

const isFull = (error: unknown): boolean =>
  FULL.includes(codeOf(error)) || (error instanceof StoreTrouble && error.status === FULL_STATUS);

/** Another try may go well: no answer, or one that says that it is the server's trouble and not the request's. */
export function isPassing(error: unknown): boolean {
  if (isFull(error) || error instanceof Problem) return false;
  if (error instanceof StoreTrouble) return error.status !== NOT_IMPLEMENTED;
  return PASSING.includes(codeOf(error)) || isUnreached(error);
}

/** Names of the system are in capitals; some are the runtime's own. */
const isUnreached = (error: unknown): boolean =>
  /^(E[A-Z_]+|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|UND_ERR_.*|ERR_.*)$/.test(codeOf(error));

/** The Problem that callers see; none of it holds a key or a signature. */
export function explain(error: unknown, bucket: string): Problem {
  if (error instanceof Problem) return error;
  const code = codeOf(error);
  if (UNNAMEABLE.includes(code)) return new Problem("INVALID", `The object store refuses the key: ${code}.`);
  if (TAKEN.includes(code)) {
    return new Problem("CONFLICT", "A blob's key cannot be the folder of another's.", { cause: error });
  }
  return new Problem("UNAVAILABLE", whyNot(error, { code, bucket }), { cause: error });
}

function whyNot(error: unknown, { code, bucket }: { code: string; bucket: string }): string {
  if (isFull(error)) return `The object store is full: ${code}.`;
  if (code === "NoSuchBucket")
    return `The object store has no bucket ${bucket}; ./chimera init makes the one of CHIMERA_S3_BUCKET.`;
  if (code === "RequestTimeTooSkewed") return "The object store's clock and ours are too far apart.";
  if (NOT_US.includes(code)) return `The object store refuses our access key: ${code}.`;
  if (code === "TIMEOUT") return "The object store gives no answer in time.";
  if (error instanceof StoreTrouble) return `The object store is in trouble: ${error.status} ${code}.`;
  if (isUnreached(error)) return `The object store cannot be reached: ${code}.`;
  return `The object store answers what we cannot use: ${code || String(error)}.`;
}
