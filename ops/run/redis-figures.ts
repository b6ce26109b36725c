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

type Told = Record<keyof typeof HELP, number>;

/** `ask` rejects where the server does not answer in time. */
export function tellRedis(registry: Registry, ask: () => Promise<ServerFigures>): void {
  let asking: Promise<Partial<Told>> | undefined;
  /** One question for all gauges of a scrape, and for scrapes at the same moment. */
  const told = (): Promise<Partial<Told>> => {
    asking ??= ask()
      .then(
        ({ is_persisted, ...figures }): Told => ({ ...figures, persisted: Number(is_persisted), up: 1 }),
        // What is not known now is not told: the last figures of a server that is gone would look like its own.
        (): Partial<Told> => ({ up: 0 }),
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  for (const name of Object.keys(HELP) as (keyof Told)[]) {
    new Gauge({
      name: `chimera_redis_${name}`,
      help: HELP[name],
      labelNames: ["of"],
      registers: [registry],
      async collect() {
        const value = (await told())[name];
        this.reset();
        if (value !== undefined) this.set({ of: "redis" }, value);
      },
    });
  }
}
