/** The names of everything the adapters keep in Redis, and the cluster slots that they fall into. */

const SLOTS = 16_384;

/** What decides a name's slot: the text between its first braces, else all of it. */
function tagOf(name: string): string {
  const open = name.indexOf("{");
  const close = open < 0 ? -1 : name.indexOf("}", open + 1);
  return close > open + 1 ? name.slice(open + 1, close) : name;
}

/** CRC-16/XMODEM of the tag's UTF-8 bytes, modulo 16384, as the Redis cluster specification has it. */
export function slotOf(name: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tagOf(name))) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return (crc & 0xffff) % SLOTS;
}

/** Braces in what others name would change the slot. */
const plain = (text: string): string => text.replace(/[{}%]/g, encodeURIComponent);

export const streamName = (family: string, key: string): string => (key === "" ? family : `${family}:{${plain(key)}}`);

/** A name beside another one, in the same slot. */
const beside = (name: string, what: string): string => (tagOf(name) === name ? `{${name}}:${what}` : `${name}:${what}`);

/** Sorted set: the given ids of a stream's messages, by the millisecond in which they were added. */
export const idsName = (stream: string): string => beside(stream, "ids");
/** Hash: the sequence number last given, and for each group its owner and its count of dead letters. */
export const marksName = (stream: string): string => beside(stream, "marks");
/** Stream: the dead letters. */
export const dlqName = (stream: string): string => `${stream}:dlq`;

/** String: changes when something was lost. */
export const EPOCH = "bus:epoch";
/** Set: the families of reliable streams. */
export const FAMILIES = "bus:families";
/** Set: the keys of a family of streams. */
export const keysName = (family: string): string => `bus:keys:{${family}}`;
/** Set: the groups that a family's streams keep their messages for. */
export const groupsName = (family: string): string => `bus:groups:{${family}}`;
/** Channel: a key that a family has got. */
export const NEWS = "bus:news";

export const cacheName = (key: string): string => `cache:${plain(key)}`;
export const lockName = (name: string): string => `lock:${plain(name)}`;
/** Hash: each member's expiry and what it says of itself. */
export const directoryName = (group: string): string => `members:${plain(group)}`;
export const rateName = (key: string): string => `rate:${plain(key)}`;
/** Hash: each reservation's amount by its id; and a number: their sum. */
export const quotaNames = (name: string): [string, string] => {
  const reservations = `quota:${plain(name)}`;
  return [reservations, beside(reservations, "used")];
};
/** Sorted set: ids by the time they are due; and hash: their payloads. */
export const scheduleNames = (queue: string): [string, string] => {
  const due = `due:${plain(queue)}`;
  return [due, beside(due, "payloads")];
};
