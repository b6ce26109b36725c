/** Rate limits in Redis, by the generic cell rate algorithm on the server's time. */
import { assert } from "../../errors.ts";
import type { RateLimit, RateVerdict } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { rateName } from "./names.ts";
import { Script } from "./script.ts";

/**
 * GCRA (ITU-T I.371): each unit costs T = window / limit. A key holds one time, `full`, at which all that was used
 * will have drained. `cost` units fit when max(now, full) + cost × T ≤ now + window. Times are ms with a fraction.
 * Arguments: limit, window, cost. Answer: 1 when allowed, units left, ms until there is room again.
 */
const TAKE = new Script(`
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local unit = window / limit
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local ROUNDING = 1e-3
local function room(from) return math.floor((now + window - from) / unit + ROUNDING) end
local fits = room(full) >= cost
if fits then
  full = full + cost * unit
  redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.max(1, math.ceil(full - now)))
end
local wanted = fits and 1 or math.min(cost, limit)
local reset = math.max(0, math.ceil(full + wanted * unit - window - now - ROUNDING))
return {fits and 1 or 0, math.max(0, room(full)), reset}
`);

/** Arguments: limit, window, cost. A key that has drained is at rest already. */
const GIVE_BACK = new Script(`
local limit, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local full = tonumber(redis.call('GET', KEYS[1]) or '0') - cost * window / limit
if full > now then
  redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.max(1, math.ceil(full - now)))
else
  redis.call('DEL', KEYS[1])
end
return 1
`);

export class RedisRateLimit implements RateLimit {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async take(key: string, rule: { limit: number; windowMs: number }, cost = 1): Promise<RateVerdict> {
    const { limit, windowMs } = rule;
    assert(limit > 0 && windowMs > 0 && cost > 0, "limit, window and cost are above zero");
    const answer = await TAKE.run(this.#connection, [rateName(key)], [limit, windowMs, cost]);
    const [allowed, remaining, resetMs] = answer as [number, number, number];
    return { allowed: allowed === 1, remaining, resetMs };
  }

  async giveBack(key: string, rule: { limit: number; windowMs: number }, cost = 1): Promise<void> {
    const { limit, windowMs } = rule;
    assert(limit > 0 && windowMs > 0 && cost > 0, "limit, window and cost are above zero");
    await GIVE_BACK.run(this.#connection, [rateName(key)], [limit, windowMs, cost]);
  }
}
