/** Things due later, in Redis; what was claimed and not done is offered again. */
import { assert } from "../../errors.ts";
import type { Schedule } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { scheduleNames } from "./names.ts";
import { Script } from "./script.ts";

const CLAIM_MAX = 1_000;

/** Keys: due times, payloads. Arguments: id, due time, payload. */
const PUT = new Script(`
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
return redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
`);

/**
 * A lease is a due time moved into the future, so that a claimer which dies needs no tidying up. Keys: due times,
 * payloads. Arguments: now, when the lease ends, how many. Answer: ids and payloads in turns, the earliest first.
 */
const CLAIM = new Script(
  `
local claimed = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[3])) do
  redis.call('ZADD', KEYS[1], ARGV[2], id)
  claimed[#claimed + 1] = id
  claimed[#claimed + 1] = redis.call('HGET', KEYS[2], id)
end
return claimed
`,
  { evenWhenFull: true },
);

/** Keys: due times, payloads. Argument: id. */
const DONE = new Script(
  `
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
`,
  { evenWhenFull: true },
);

export class RedisSchedule implements Schedule {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async put(queue: string, id: string, dueAt: number, payload: unknown): Promise<void> {
    assert(Number.isFinite(dueAt), "what is scheduled has a time");
    const json = JSON.stringify(payload);
    assert(json !== undefined, "a scheduled payload is JSON");
    await PUT.run(this.#connection, scheduleNames(queue), [id, dueAt, json]);
  }

  async claim(
    queue: string,
    now: number,
    { limit, leaseMs }: { limit: number; leaseMs: number },
  ): Promise<{ id: string; payload: unknown }[]> {
    assert(limit > 0 && leaseMs > 0, "a claim is for some, and for some time");
    const args = [now, now + leaseMs, Math.min(limit, CLAIM_MAX)];
    const claimed = (await CLAIM.run(this.#connection, scheduleNames(queue), args)) as string[];
    const items: { id: string; payload: unknown }[] = [];
    for (let i = 0; i < claimed.length; i += 2) items.push({ id: claimed[i]!, payload: JSON.parse(claimed[i + 1]!) });
    return items;
  }

  async done(queue: string, id: string): Promise<void> {
    await DONE.run(this.#connection, scheduleNames(queue), [id]);
  }
}
