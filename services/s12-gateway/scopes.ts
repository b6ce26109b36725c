/** What an API key may do of what its role allows: operations in groups, by the first part of their path. */

export const SCOPES = [
  "read",
  "orders",
  "positions",
  "strategies",
  "config",
  "research",
  "treasury",
  "exchange",
  "alerts",
  "kill",
] as const;
export type Scope = (typeof SCOPES)[number];

/** What changes something; whatever is not here is for keys without scopes, and above all for people. */
const CHANGES: ReadonlyMap<string, Scope> = new Map([
  ["orders", "orders"],
  ["cancel", "orders"],
  ["positions", "positions"],
  ["reconcile", "positions"],
  ["decide", "strategies"],
  ["strategies", "strategies"],
  ["bundles", "config"],
  ["config", "config"],
  ["programs", "config"],
  ["promote", "config"],
  ["promotions", "config"],
  ["rollback", "config"],
  ["simulate", "config"],
  ["simulations", "config"],
  ["features", "research"],
  ["factors", "research"],
  ["labels", "research"],
  ["autopsy", "research"],
  ["hypotheses", "research"],
  ["experiments", "research"],
  ["models", "research"],
  ["trainings", "research"],
  ["treasury", "treasury"],
  ["auto-transfer", "treasury"],
  ["xchg", "exchange"],
  ["alerts", "alerts"],
  ["silences", "alerts"],
  ["channels", "alerts"],
  ["kill-switch", "kill"],
]);

/** The group of an operation; `path` is without the prefix. Undefined: it is in none. */
export function scopeOf(method: string, path: string): Scope | undefined {
  if (method === "GET" || method === "HEAD") return "read";
  return CHANGES.get(path.split("/")[1] ?? "");
}
