/** Reservations against a limit in Redis, each step in one script. */
import { assert } from "../../errors.ts";
import type { Quota } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { quotaNames } from "./names.ts";
import { Script } from "./script.ts";

/** Keys: the reservations, their sum. Arguments: id, amount, limit. Amounts below 2⁵³ are exact in Lua's numbers. */
const RESERVE = new Script(`
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 1 end
local used = tonumber(redis.call('GET', KEYS[2]) or '0')
if used + ARGV[2] > tonumber(ARGV[3]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('INCRBY', KEYS[2], ARGV[2])
return 1
`);

/** Keys: the reservations, their sum. Argument: id. */
const RELEASE = new Script(
  `
local amount = redis.call('HGET', KEYS[1], ARGV[1])
if not amount then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DECRBY', KEYS[2], amount)
return 1
`,
  { evenWhenFull: true },
);

/** Keys: the reservations, their sum. Arguments: id, amount. */
const SET = new Script(
  `
local before = redis.call('HGET', KEYS[1], ARGV[1]) or '0'
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('INCRBY', KEYS[2], ARGV[2])
redis.call('DECRBY', KEYS[2], before)
`,
  { evenWhenFull: true },
);

export class RedisQuota implements Quota {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async reserve(name: string, id: string, amount: number, limit: number): Promise<boolean> {
    assertAmount(amount);
    return (await RESERVE.run(this.#connection, quotaNames(name), [id, amount, limit])) === 1;
  }

  async release(name: string, id: string): Promise<boolean> {
    return (await RELEASE.run(this.#connection, quotaNames(name), [id])) === 1;
  }

  async used(name: string): Promise<number> {
    return Number((await this.#connection.ask(this.#connection.client.get(quotaNames(name)[1]))) ?? 0);
  }

  async set(name: string, id: string, amount: number): Promise<void> {
    assertAmount(amount);
    await SET.run(this.#connection, quotaNames(name), [id, amount]);
  }

  async list(name: string): Promise<{ id: string; amount: number }[]> {
    const { client } = this.#connection;
    const all = await this.#connection.ask(client.hgetall(quotaNames(name)[0]));
    return Object.entries(all).map(([id, amount]) => ({ id, amount: Number(amount) }));
  }
}

const assertAmount = (amount: number): void =>
  assert(Number.isSafeInteger(amount) && amount >= 0, "a reserved amount is a whole number, not below zero");
