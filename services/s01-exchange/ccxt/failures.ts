/** What ccxt throws, as our Problems: refused, unknown, not found, limited, or never sent. */
import { Problem } from "../../../shared/errors.ts";
import { NetError } from "../../../shared/kit/ports.ts";

const RETRY_MS = 1_000;
const TEXT_CHARACTERS_MAX = 300;
/** Under these names exchanges tell the number of their refusal. */
const CODE = /"(?:code|retCode|ret_code|sCode|err_code|error_code|errno)"\s*:\s*"?(-?\d+)/;

/** The names of its class and of those it descends from, ccxt's own names for what went wrong. */
export function classesOf(error: unknown): string[] {
  const names: string[] = [];
  for (let at: unknown = error; at instanceof Object && names.length < 12; at = Object.getPrototypeOf(at)) {
    const { name } = at.constructor as { name?: string };
    if (name !== undefined && names.at(-1) !== name) names.push(name);
  }
  return names;
}
export const is = (error: unknown, name: string): boolean => classesOf(error).includes(name);

/**
 * `sent`: something that changes something may have reached the exchange. What is no failure of the exchange, such as
 * what the kill switch throws before a sending, comes back as it is.
 */
export function failureOf(error: unknown, sent: boolean): unknown {
  if (error instanceof Problem) return error;
  const text = error instanceof Error ? error.message.slice(0, TEXT_CHARACTERS_MAX) : "unknown";
  const lost = (detail: string) => new Problem(sent ? "EXCHANGE_UNKNOWN" : "UNAVAILABLE", detail, { cause: error });
  if (error instanceof NetError) {
    return error.kind === "refused" && !sent
      ? new Problem("UNAVAILABLE", `The exchange was not reached: ${text}`, { cause: error })
      : lost(`No answer from the exchange: ${text}`);
  }
  const classes = classesOf(error);
  if (!classes.includes("BaseError")) return sent ? lost(`The exchange's answer could not be read: ${text}`) : error;
  if (classes.includes("RateLimitExceeded") || classes.includes("DDoSProtection")) {
    return new Problem("RATE_LIMITED", `The exchange answered: ${text}`, { retryAfterMs: RETRY_MS, cause: error });
  }
  // Timestamps are looked at before anything is done.
  if (classes.includes("InvalidNonce")) return new Problem("UNAVAILABLE", `Clocks differ: ${text}`, { cause: error });
  if (classes.includes("OrderNotFound")) return new Problem("NOT_FOUND", text, { cause: error });
  if (classes.includes("OperationFailed")) return lost(`The exchange answered: ${text}`);
  return refusal(error, { text, classes, sent });
}

function refusal(error: unknown, told: { text: string; classes: string[]; sent: boolean }): Problem {
  const code = CODE.exec((error as Error).message)?.[1];
  // Without a word of the exchange it was ccxt itself that refused, and nothing was sent.
  if (code === undefined && !told.sent) return new Problem("INVALID", told.text, { cause: error });
  return new Problem("EXCHANGE_REFUSED", `The exchange refused: ${told.text}`, {
    cause: error,
    errors: [
      { field: "exchange_code", message: code ?? "0" },
      { field: "exchange_reason", message: told.classes[0] ?? "ExchangeError" },
    ],
  });
}
