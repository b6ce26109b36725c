/** What ArangoDB's failures mean to a store, by their documented numbers (docs.arangodb.com, "Error codes"). */
import { ArangoError, HttpError } from "arangojs/errors";
import { Problem } from "../../errors.ts";

/**
 * `conflict`: somebody else has written what we wanted to. `absent`: the transaction is not there (any more), or was
 * aborted. `unknown`: it may have taken effect, or not. `busy`: certainly not done, and may be tried again. `large`: more
 * than the server takes at once. `denied`: not set up, or the user may not. `bug`: ours.
 */
export type FaultKind = "conflict" | "absent" | "unknown" | "busy" | "large" | "denied" | "bug";

export class Fault extends Error {
  readonly kind: FaultKind;
  readonly number: number;
  constructor(kind: FaultKind, number: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Fault";
    this.kind = kind;
    this.number = number;
  }
}

const KINDS: Readonly<Record<FaultKind, readonly number[]>> = {
  // Write-write conflict or wrong _rev (1200), unique constraint (1210), deadlock (29), lock timeout (18).
  conflict: [18, 29, 1200, 1210],
  // Transaction aborted (1654) or not found (1655).
  absent: [1654, 1655],
  // Lost between coordinator and DB-Server: connection (1465), timeout (1457), agency (1492), refused by a shard
  // (1489 to 1491, 1495, 1496), query killed by its time (1500), gateway (504).
  unknown: [504, 1457, 1465, 1474, 1489, 1490, 1491, 1492, 1495, 1496, 1500],
  // Shutting down (30), starting (38), locked (28), maintenance (503), try again (1302), busy (1303), throttled (1236),
  // backend away (1478), disk full (1104), read-only (1004), queue full (21003).
  busy: [28, 30, 38, 503, 1004, 1104, 1236, 1302, 1303, 1305, 1478, 21003],
  // Resource limit (32), document too large (1216).
  large: [32, 1216],
  // Forbidden (11, 403), unauthorized (401), no such collection or view (1203), no such database (1228).
  denied: [11, 401, 403, 1203, 1228],
  bug: [],
};

const BY_NUMBER = new Map(
  Object.entries(KINDS).flatMap(([kind, numbers]) => numbers.map((number) => [number, kind as FaultKind] as const)),
);
const BY_STATUS = new Map<number, FaultKind>([
  [401, "denied"],
  [403, "denied"],
  [413, "large"],
  [429, "busy"],
  [503, "busy"],
]);

/** Whatever a request threw. What is no answer of the server leaves open whether the request was carried out. */
export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ArangoError) {
    const status = error.code ?? 0;
    const kind = BY_NUMBER.get(error.errorNum) ?? BY_STATUS.get(status) ?? (status >= 500 ? "unknown" : "bug");
    return new Fault(kind, error.errorNum, message, { cause: error });
  }
  if (error instanceof HttpError) {
    const kind = BY_STATUS.get(error.code) ?? (error.code >= 500 ? "unknown" : "bug");
    return new Fault(kind, error.code, message, { cause: error });
  }
  return new Fault("unknown", 0, message, { cause: error });
}

/** For whoever asked the store. Our own bugs stay what they are. */
export function problemOf(fault: unknown): unknown {
  if (!(fault instanceof Fault)) return fault;
  switch (fault.kind) {
    case "bug":
      return fault;
    case "conflict":
      return new Problem("CONFLICT", "It has changed meanwhile.", { cause: fault });
    case "large":
      return new Problem("TOO_LARGE", "It is more than the store takes at once.", { cause: fault });
    case "denied":
      return new Problem("UNAVAILABLE", `ArangoDB refuses: ${fault.message}. Has \`./chimera init\` been run?`, {
        cause: fault,
      });
    default:
      return new Problem("UNAVAILABLE", "The store does not answer.", { retryAfterMs: 1_000, cause: fault });
  }
}

/** The store's answer, or its failure as a Problem. */
export async function asProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error);
  }
}
