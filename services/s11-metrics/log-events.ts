/** Collects what services logged at WARN or above: deduplicated, and bounded for each service and minute. */
import { put } from "../../shared/changes.ts";
import { logEvents } from "../../shared/collections/operations.ts";
import type { LogEvent } from "../../shared/domain/watching.ts";
import { digest } from "../../shared/keys.ts";
import { LOGGED_PATH, Logged } from "../../shared/kit/log-ring.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";

/** Lines kept of one service in one minute; beyond it they are counted. */
export const LINES_PER_MINUTE_MAX = 200;
const MINUTE_MS = 60_000;
/** After a start, what may have been logged while nobody collected is asked for from so long before the newest line. */
const OVERLAP_MS = 60_000;
const ID_CHARACTERS = 20;
const SELF: Principal = { kind: "service", id: "s11", role: "viewer" };

export interface LogParts {
  store: Pick<Store, "commit" | "query">;
  peers: Pick<Peers, "services" | "replicas" | "fetch">;
  /** S11's own lines, which need no request. */
  own(since: number): readonly LogEvent[];
}
/** Where one process has been read up to: the last moment, and what was taken of it. */
interface Place {
  ts: number;
  ids: ReadonlySet<string>;
}
interface Minute {
  start: number;
  kept: number;
  left: number;
}

export function createLogCollector({ store, peers, own }: LogParts) {
  const places = new Map<string, Place>();
  const minutes = new Map<string, Minute>();
  const begins = new Map<string, number>();

  async function told(id: ServiceId, replica: number, since: number): Promise<readonly LogEvent[]> {
    if (id === "s11") return own(since);
    const request = new Request(`http://peer${LOGGED_PATH}?after=${since}`);
    const response = await peers.fetch(id, request, SELF, replica);
    return response.ok ? Logged.parse(await response.json()).items : [];
  }

  /** Those that are new of one process, oldest first. */
  async function fresh(id: ServiceId, replica: number): Promise<LogEvent[]> {
    const key = `${id}/${replica}`;
    const place = places.get(key) ?? { ts: begins.get(id) ?? 0, ids: new Set<string>() };
    // One that does not answer is told of by the scraper; its lines wait in its memory.
    const lines = await told(id, replica, place.ts).catch(() => []);
    const news = lines.filter(({ ts, log_id }) => ts > place.ts || (ts === place.ts && !place.ids.has(log_id)));
    const ts = lines.at(-1)?.ts ?? place.ts;
    const before = ts === place.ts ? place.ids : [];
    const last = lines.filter((line) => line.ts === ts).map(({ log_id }) => log_id);
    places.set(key, { ts, ids: new Set([...before, ...last]) });
    return news;
  }

  /** As many as the minute has room for; when it is over, one line tells how many it left out. */
  function within(service: string, lines: readonly LogEvent[]): LogEvent[] {
    return lines.flatMap((line) => {
      const start = Math.floor(line.ts / MINUTE_MS) * MINUTE_MS;
      let minute = minutes.get(service);
      const over = minute && start > minute.start ? leftOut(service, minute) : [];
      if (!minute || start > minute.start) {
        minute = { start, kept: 0, left: 0 };
        minutes.set(service, minute);
      }
      const hasRoom = minute.kept < LINES_PER_MINUTE_MAX;
      if (hasRoom) minute.kept += 1;
      else minute.left += 1;
      return hasRoom ? [...over, line] : over;
    });
  }

  return {
    async load(): Promise<void> {
      for (const { id } of peers.services) {
        const newest = { where: { service: id }, sort: { field: "ts", order: "desc" }, limit: 1 } as const;
        const kept = (await store.query(logEvents, newest)).items[0]?.value;
        if (kept) begins.set(id, kept.ts - OVERLAP_MS);
      }
    },
    async collect(): Promise<void> {
      const before = new Map(places);
      const all = peers.services.flatMap(({ id }) =>
        Array.from({ length: Math.max(1, peers.replicas(id)) }, (_, replica) => ({ id, replica })),
      );
      const lines = await Promise.all(all.map(async ({ id, replica }) => within(id, await fresh(id, replica))));
      const ops = lines.flat().map((line) => put(logEvents, line));
      if (ops.length === 0) return;
      try {
        await store.commit(ops);
      } catch (error) {
        // What was not kept is asked for again.
        places.clear();
        for (const [key, place] of before) places.set(key, place);
        throw error;
      }
    },
  };
}

const leftOut = (service: string, { start, left }: Minute): LogEvent[] =>
  left === 0
    ? []
    : [
        {
          log_id: digest("left out", service, String(start)).slice(0, ID_CHARACTERS),
          ts: start + MINUTE_MS - 1,
          level: "WARN",
          service,
          message: `${left} more lines of this minute are not kept`,
          fields: { left },
        },
      ];
