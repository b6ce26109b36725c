/** What the Redis server says of itself: memory, clients, whether it could write to disk, and how fast it answers. */
import type { RedisConnection } from "./connection.ts";

export interface ServerFigures {
  memory_used_bytes: number;
  /** 0: as much as the machine has. */
  memory_max_bytes: number;
  clients: number;
  evicted_keys: number;
  /** False: what was written last is in memory alone. */
  is_persisted: boolean;
  /** Time until it answered, ms. */
  answer_ms: number;
}

/** Of the node that answered; in time, or a Problem that says so. */
export async function serverFigures(connection: RedisConnection): Promise<ServerFigures> {
  const started = performance.now();
  const text = await connection.ask(connection.client.info());
  return { ...readInfo(text), answer_ms: performance.now() - started };
}

/** Reads what the INFO command answers. */
export function readInfo(text: string): Omit<ServerFigures, "answer_ms"> {
  const facts = new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(":");
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : [];
    }),
  );
  const number = (name: string) => Number(facts.get(name) ?? 0);
  const isOk = (name: string) => (facts.get(name) ?? "ok") === "ok";
  return {
    memory_used_bytes: number("used_memory"),
    memory_max_bytes: number("maxmemory"),
    clients: number("connected_clients"),
    evicted_keys: number("evicted_keys"),
    is_persisted: isOk("aof_last_write_status") && isOk("rdb_last_bgsave_status"),
  };
}
