/** What a process tells of the Redis server in its metrics, asked for as it is scraped. */
import { Gauge, type Registry } from "prom-client";
import type { ServerFigures } from "../../shared/adapters/redis/server-figures.ts";

const HELP = {
  up: "1 where the Redis server answered as this was asked for, else 0",
  memory_used_bytes: "Memory that the Redis server has taken for data",
  memory_max_bytes: "Memory that the Redis server may take for data; 0: all there is",
  clients: "Connections to the Redis server, those of all processes",
  evicted_keys: "Keys that the Redis server threw away for want of memory, which must be none",
  persisted: "1 while the Redis server could write to its disk the last time it tried, else 0",
  answer_ms: "Time until the Redis server answered, ms",
} as const;
type Name = Exclude<keyof typeof HELP, "up">;

/** `ask` rejects where the server does not answer in time. */
export function tellRedis(registry: Registry, ask: () => Promise<ServerFigures>): void {
  const gauge = (name: keyof typeof HELP, more: object = {}) =>
    new Gauge({ name: `chimera_redis_${name}`, help: HELP[name], registers: [registry], ...more });
  const names = Object.keys(HELP).filter((name) => name !== "up") as Name[];
  const gauges = new Map(names.map((name) => [name, gauge(name, { labelNames: ["of"] })]));
  gauge("up", {
    async collect(this: Gauge) {
      // What is not known now is not told: the last figures of a server that is gone would look like its own.
      for (const each of gauges.values()) each.reset();
      try {
        const { is_persisted, ...figures } = await ask();
        const told = { ...figures, persisted: Number(is_persisted) };
        for (const [name, value] of Object.entries(told)) gauges.get(name as Name)?.set({ of: "redis" }, value);
        this.set(1);
      } catch {
        this.set(0);
      }
    },
  });
}
