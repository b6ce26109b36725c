/** Who is there, in Redis: its time alone decides until when. */
import { assert } from "../../errors.ts";
import type { Directory } from "../../kit/ports.ts";
import type { RedisConnection } from "./connection.ts";
import { directoryName } from "./names.ts";
import { Script } from "./script.ts";

const NOW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
`;

/**
 * Key: a hash of members, each with the millisecond until which it counts, a space, and what it says of itself. It goes
 * when the last of them does. Arguments: member, what it says, ms.
 */
const ANNOUNCE = new Script(
  `${NOW}
for _, member in ipairs(redis.call('HKEYS', KEYS[1])) do
  local until_ms = string.match(redis.call('HGET', KEYS[1], member), '^%d+')
  if tonumber(until_ms) <= now then redis.call('HDEL', KEYS[1], member) end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now + ARGV[3]) .. ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
`,
  { evenWhenFull: true },
);

/** Answer: members and what they say in turns. */
const MEMBERS = new Script(
  `${NOW}
local present = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local until_ms, about = string.match(all[i + 1], '^(%d+) (.*)$')
  if tonumber(until_ms) > now then
    present[#present + 1] = all[i]
    present[#present + 1] = about
  end
end
return present
`,
  { evenWhenFull: true },
);

export class RedisDirectory implements Directory {
  readonly #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  async announce(group: string, member: string, about: string, ttlMs: number): Promise<void> {
    assert(ttlMs > 0 && Number.isFinite(ttlMs), "an announcement lasts longer than zero");
    await ANNOUNCE.run(this.#connection, [directoryName(group)], [member, about, Math.ceil(ttlMs)]);
  }

  async members(group: string): Promise<{ member: string; about: string }[]> {
    const turns = (await MEMBERS.run(this.#connection, [directoryName(group)], [])) as string[];
    const present: { member: string; about: string }[] = [];
    for (let i = 0; i < turns.length; i += 2) present.push({ member: turns[i]!, about: turns[i + 1]! });
    return present.toSorted((a, b) => (a.member < b.member ? -1 : 1));
  }

  async leave(group: string, member: string): Promise<void> {
    await this.#connection.ask(this.#connection.client.hdel(directoryName(group), member));
  }
}
