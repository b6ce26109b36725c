/** The one closed list of failures: each code's HTTP status, Connect code and title. */

/** Connect's code names, as they stand in its JSON errors. */
type ConnectName =
  | "invalid_argument"
  | "unauthenticated"
  | "permission_denied"
  | "not_found"
  | "already_exists"
  | "failed_precondition"
  | "aborted"
  | "resource_exhausted"
  | "unavailable"
  | "deadline_exceeded"
  | "unimplemented"
  | "internal"
  | "unknown"
  | "canceled";

interface Failure {
  readonly status: number;
  readonly connect: ConnectName;
  readonly title: string;
}
const failure = (status: number, connect: ConnectName, title: string): Failure => ({ status, connect, title });

export const FAILURES = {
  MALFORMED: failure(400, "invalid_argument", "The request could not be read"),
  INVALID: failure(400, "invalid_argument", "A value is missing, of the wrong kind or out of range"),
  OFF_TICK: failure(400, "invalid_argument", "The price is not a multiple of the tick size"),
  OFF_STEP: failure(400, "invalid_argument", "The quantity is not a multiple of the step size"),
  UNAUTHENTICATED: failure(401, "unauthenticated", "Sign in first"),
  BAD_CREDENTIALS: failure(401, "unauthenticated", "The name, the password or the code is wrong"),
  CONFIRM: failure(403, "permission_denied", "Confirm with your password first"),
  SECOND_PERSON: failure(403, "permission_denied", "A second person must allow this"),
  CHANGE_PASSWORD: failure(403, "permission_denied", "Change your one-time password first"),
  FORBIDDEN: failure(403, "permission_denied", "Your role does not allow this"),
  NOT_FOUND: failure(404, "not_found", "There is no such thing"),
  METHOD_NOT_ALLOWED: failure(405, "unimplemented", "This path does not take that method"),
  CONFLICT: failure(409, "aborted", "It has changed meanwhile"),
  STILL_RUNNING: failure(409, "aborted", "The first request with this key is still running"),
  KILL_SWITCH: failure(409, "failed_precondition", "The kill switch is on"),
  ORDER_UNKNOWN: failure(409, "failed_precondition", "An order on this instrument has an unknown outcome"),
  ALREADY_FILLED: failure(409, "failed_precondition", "The order is already filled"),
  WRONG_STATE: failure(409, "failed_precondition", "Not possible in the present state"),
  FENCED: failure(409, "failed_precondition", "The caller's lease was passed on; nothing was done"),
  TOO_LARGE: failure(413, "resource_exhausted", "The body is too large"),
  UNSUPPORTED_TYPE: failure(415, "invalid_argument", "Send application/json"),
  RULE: failure(422, "failed_precondition", "A rule forbids this"),
  KEY_REUSED: failure(422, "failed_precondition", "This key was used with another body"),
  MIN_NOTIONAL: failure(422, "failed_precondition", "The order is worth less than the exchange takes"),
  NO_POSITION: failure(422, "failed_precondition", "There is no position to reduce"),
  BUDGET: failure(422, "failed_precondition", "The risk budget does not allow this"),
  INSTRUMENT_DISABLED: failure(422, "failed_precondition", "The instrument is unknown or not enabled"),
  EXPIRED_INTENT: failure(
    422,
    "failed_precondition",
    "The intent is past its valid_until, or was carried out before a restore",
  ),
  STALE_FEATURES: failure(422, "failed_precondition", "The features are missing or stale"),
  EXCHANGE_REFUSED: failure(422, "failed_precondition", "The exchange refused"),
  RATE_LIMITED: failure(429, "resource_exhausted", "Too many requests"),
  INTERNAL: failure(500, "internal", "Something broke on our side"),
  UNAVAILABLE: failure(503, "unavailable", "Not available now"),
  NOT_OWNER: failure(503, "unavailable", "Another replica answers for this; ask again"),
  STOPPING: failure(503, "unavailable", "The service is stopping"),
  NOT_READY: failure(503, "unavailable", "The service is not ready"),
  EXCHANGE_UNKNOWN: failure(503, "unknown", "The exchange did not say what became of the request"),
  TIMEOUT: failure(504, "deadline_exceeded", "It took too long"),
  SLOW_BODY: failure(408, "deadline_exceeded", "The request came too slowly"),
} as const satisfies Record<string, Failure>;
export type Code = keyof typeof FAILURES;

export interface FieldError {
  /** Path of the field, such as `exec.twap.slices`. */
  readonly field: string;
  readonly message: string;
}

interface Extra {
  errors?: readonly FieldError[];
  /** Milliseconds after which a retry makes sense; becomes `Retry-After`. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** A failure with a code from the catalogue; its message is meant for the caller and never holds a secret. */
export class Problem extends Error {
  readonly code: Code;
  readonly errors: readonly FieldError[];
  readonly retryAfterMs: number | undefined;
  constructor(code: Code, detail: string, extra: Extra = {}) {
    super(detail, { cause: extra.cause });
    this.name = "Problem";
    this.code = code;
    this.errors = extra.errors ?? [];
    this.retryAfterMs = extra.retryAfterMs;
  }
  get status(): number {
    return FAILURES[this.code].status;
  }
}

/** For a caller's bad input: throws the problem. */
export function refuse(code: Code, detail: string, extra?: Extra): never {
  throw new Problem(code, detail, extra);
}

/** For our own bugs: stops the work with "Invariant: …". */
export function assert(holds: unknown, what: string): asserts holds {
  if (!holds) throw new Error(`Invariant: ${what}`);
}

/** Any thrown value as a Problem; what we do not know shows as INTERNAL without its message. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("INTERNAL", "See the log for this trace_id.", { cause: error });
}
