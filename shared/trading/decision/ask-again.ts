/** When an entry that the router did not take is asked for again. */

const PASSING: ReadonlySet<string> = new Set(["UNAVAILABLE", "NOT_READY", "STOPPING", "NOT_OWNER", "TIMEOUT"]);
/** Between two asks. */
export const ASK_AGAIN_MS = 200;

/** The router may not have got it: the same intent may be asked again, while it is valid. Times are epoch ms. */
export const mayAskAgain = (code: string, { now, until }: { now: number; until: number }): boolean =>
  PASSING.has(code) && now + ASK_AGAIN_MS < until;
