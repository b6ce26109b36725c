/** What one call may be given beside its input. */

export interface CallOptions {
  /** Ends the waiting; what was asked may be done all the same. */
  signal?: AbortSignal;
  /** The Idempotency-Key of an intention that an earlier call has begun; one is made where it is needed. */
  key?: string;
  /** For this call; else the client's. */
  timeoutMs?: number;
}
