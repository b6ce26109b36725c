/** Leases with fencing numbers in Redis: its time alone decides when one has run out. */
import { assert } from "../../errors.ts";
import type { Lease, Lock } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { lockName } from "./names.ts";
import { Script } from "./script.ts";

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'fence', 'until', 'holder')
`;

/**
 * Key: a hash that stays, with the fence last given and until when it holds. A fence is the server's time in
 * microseconds, or one more than the last: above all given before, whatever of them the server has lost, as long as
 * its clock goes forward. Arguments: ms, who asks or "". Answer: the fence, or 0.
 */
const ACQUIRE = new Script(`${NOW}
local is_same = ARGV[2] ~= '' and held[3] == ARGV[2]
if held[2] and tonumber(held[2]) > now and not is_same then return 0 end
local fence = math.max(tonumber(held[1] or '0') + 1, t[1] * 1000000 + t[2])
local until_ms = string.format('%.0f', now + ARGV[1])
redis.call('HSET', KEYS[1], 'fence', string.format('%.0f', fence), 'until', until_ms, 'holder', ARGV[2])
return fence
`);

/** A lease that ran out is lost, even if nobody else has it yet. Arguments: fence, ms. Answer: 1 when it was held. */
const RENEW = new Script(
  `${NOW}
if held[1] ~= ARGV[1] or tonumber(held[2]) <= now then return 0 end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
return 1
`,
  { evenWhenFull: true },
);

/** Until when a lease holds that was given back. */
const RELEASED = 0;
/** Also when it has run out, if nobody has had it since. Arguments: fence, ms. Answer: 1 when it is held again. */
const REVIVE = new Script(
  `${NOW}
if held[1] ~= ARGV[1] or tonumber(held[2]) == ${RELEASED} then return 0 end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
return 1
`,
  { evenWhenFull: true },
);
/** Argument: fence. */
const RELEASE = new Script(
  `${NOW}
if held[1] == ARGV[1] and tonumber(held[2]) > now then redis.call('HSET', KEYS[1], 'until', ${RELEASED}) end
return 1
`,
  { evenWhenFull: true },
);

export class RedisLock implements Lock {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async acquire(name: string, ttlMs: number, holder = ""): Promise<Lease | undefined> {
    const key = [lockName(name)];
    const fence = (await ACQUIRE.run(this.#connection, key, [wholeMs(ttlMs), holder])) as number;
    if (fence === 0) return undefined;
    const run = async (script: Script, ms: number) => (await script.run(this.#connection, key, [fence, ms])) === 1;
    return {
      fence,
      renew: (renewedMs) => run(RENEW, wholeMs(renewedMs)),
      revive: (renewedMs) => run(REVIVE, wholeMs(renewedMs)),
      release: async () => {
        await run(RELEASE, RELEASED);
      },
    };
  }

  async newest(name: string): Promise<number> {
    const { client } = this.#connection;
    return Number((await this.#connection.ask(client.hget(lockName(name), "fence"))) ?? 0);
  }
}

function wholeMs(ttlMs: number): number {
  assert(ttlMs > 0 && Number.isFinite(ttlMs), "a lease lasts longer than zero");
  return Math.ceil(ttlMs);
}
