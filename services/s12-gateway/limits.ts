/** How often anybody may ask: per person, per API key, and per address for whoever has not signed in. */
import { Problem } from "../../shared/errors.ts";
import { arrivalOf } from "../../shared/kit/arrival.ts";
import type { Clock, RateLimit, RateVerdict } from "../../shared/kit/ports.ts";
import type { Log, Metered, Metrics } from "../../shared/kit/service.ts";
import { API_PREFIX } from "./proxy.ts";
import { soon } from "./soon.ts";

const WINDOW_MS = 60_000;
/** Whoever counts has so long to answer. */
const COUNT_MS_MAX = 250;
/** Nothing may stand between a person and this switch. */
const NEVER_LIMITED: ReadonlySet<string> = new Set(["POST /kill-switch", `POST ${API_PREFIX}/kill-switch`]);

export interface LimitsParts {
  rateLimit: Pick<RateLimit, "take">;
  clock: Pick<Clock, "after">;
  log: Log;
  metrics: Metrics;
  /** Requests a minute. */
  perPrincipal: number;
  perAddress: number;
  /** Under which name a request counts; undefined for who has not signed in. */
  slotOf(request: Request): Promise<string | undefined>;
}

interface Policy {
  name: "default" | "open";
  key: string;
  quota: number;
}

export function createLimits(parts: LimitsParts) {
  const { rateLimit, clock, log, metrics, perPrincipal, perAddress, slotOf } = parts;
  const refused = metrics.counter("rate_limited_total", "Requests refused since there were too many", ["policy"]);

  async function policyOf(request: Request): Promise<Policy | undefined> {
    const slot = await slotOf(request);
    if (slot !== undefined) return { name: "default", key: `asked/${slot}`, quota: perPrincipal };
    const { from } = arrivalOf(request);
    // Asked within this process: by no client.
    return from === undefined ? undefined : { name: "open", key: `asked/at/${networkOf(from)}`, quota: perAddress };
  }

  /** To be asked once for each request, before anything is done for it. */
  return async function meter(request: Request): Promise<Metered> {
    if (NEVER_LIMITED.has(`${request.method} ${new URL(request.url).pathname}`)) return {};
    try {
      const policy = await policyOf(request);
      if (!policy) return {};
      const { key, name, quota } = policy;
      const verdict = await soon(clock, COUNT_MS_MAX, rateLimit.take(key, { limit: quota, windowMs: WINDOW_MS }));
      const headers = headersOf(policy, verdict);
      if (verdict.allowed) return { headers };
      refused.inc({ policy: name });
      const retryAfterMs = Math.max(1, verdict.resetMs);
      return { headers, against: new Problem("RATE_LIMITED", tooMany(policy), { retryAfterMs }) };
    } catch (error) {
      // Whoever counts is away, or hangs: that is no reason to keep people out.
      log.warn("requests could not be counted", { error: String(error) });
      return {};
    }
  };
}

const tooMany = ({ name, quota }: Policy): string =>
  name === "open"
    ? `At most ${quota} requests a minute from one address without a sign-in.`
    : `At most ${quota} requests a minute; POST /kill-switch is always taken.`;

/** By draft-ietf-httpapi-ratelimit-headers-10: the quota and its window, what is left, and seconds until there is more. */
function headersOf({ name, quota }: Policy, { remaining, resetMs }: RateVerdict): Record<string, string> {
  const more = Math.max(1, Math.ceil(resetMs / 1000));
  return {
    "ratelimit-policy": `"${name}";q=${quota};w=${WINDOW_MS / 1000}`,
    ratelimit: `"${name}";r=${remaining};t=${more}`,
  };
}

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** An address of IPv4 as it is; of IPv6 its network of 64 bits, since a single client has all addresses of one. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]!.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled = [...front, ...Array<string>(Math.max(0, GROUPS - front.length - back.length)).fill("0"), ...back];
  const network = filled.slice(0, NETWORK_GROUPS).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}
