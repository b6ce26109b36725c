/** Looks for words in alerts, audit log, reports, events and log lines, and for an id among orders, intents and more. */
import { z } from "@hono/zod-openapi";
import { autopsyReports } from "../../shared/collections/autopsy.ts";
import { alertsKept, logEvents, strategyEvents } from "../../shared/collections/operations.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { asProblem } from "../../shared/errors.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";

export const Hit = z
  .object({
    id: z.string(),
    title: z.string(),
    ts: z.number().optional(),
    path: z.string().openapi({ description: "Where the API tells all of it" }),
  })
  .openapi("SearchHit");
export type Hit = z.output<typeof Hit>;

const WORDY = ["reports", "alerts", "audit", "strategy_events", "log_events"] as const;
const KINDS = ["orders", "intents", "trades", "decisions", "reconciliations", ...WORDY] as const;
export const SearchAnswer = z
  .object({
    q: z.string(),
    groups: z.array(z.object({ kind: z.enum(KINDS), items: z.array(Hit) })).openapi({ description: "Those with hits" }),
    not_searched: z.array(z.enum(KINDS)).openapi({ description: "Where it could not be looked just now" }),
  })
  .openapi("SearchAnswer");
export type SearchAnswer = z.output<typeof SearchAnswer>;
type Kind = (typeof KINDS)[number];

/** What has an id of its own, who has it, and where. */
const BY_ID: readonly { kind: Kind; owner: ServiceId; path: string }[] = [
  { kind: "orders", owner: "s04", path: "/orders/" },
  { kind: "intents", owner: "s04", path: "/intents/" },
  { kind: "trades", owner: "s06", path: "/trades/" },
  { kind: "decisions", owner: "s03", path: "/decisions/" },
  { kind: "reconciliations", owner: "s05", path: "/reconciliations/" },
];
const ID = /^[\w.:{}-]{3,128}$/;

export interface SearchParts {
  store: Pick<Store, "search">;
  /** Asked in the name of who searches, so that nobody finds what they may not read. */
  peers: Pick<Peers, "fetch" | "services">;
  prefix: string;
}
export type Search = ReturnType<typeof createSearch>;

export function createSearch({ store, peers, prefix }: SearchParts) {
  async function byId({ owner, path }: (typeof BY_ID)[number], id: string, who: Principal): Promise<Hit[]> {
    if (!ID.test(id) || !peers.services.some((service) => service.id === owner)) return [];
    const at = path + encodeURIComponent(id);
    const response = await peers.fetch(owner, new Request(`http://${owner}${at}`), who);
    if (response.status >= 500) throw new Error(`HTTP ${response.status}`);
    return response.ok ? [describe(id, prefix + at, await response.json())] : [];
  }

  async function byWords(q: string, limit: number, kind: Kind): Promise<Hit[]> {
    if (kind === "alerts") {
      const rows = await store.search(alertsKept, q, limit);
      return rows.map(({ value: { alert_id: id, severity, code, message, ts } }) => ({
        ...{ id, title: `${severity} ${code}: ${message}`, ts, path: `${prefix}/alerts` },
      }));
    }
    if (kind === "strategy_events") {
      const rows = await store.search(strategyEvents, q, limit);
      return rows.map(({ value: { event_id: id, strategy_id, instrument, text, ts } }) => ({
        ...{ id, title: `${strategy_id} ${instrument}: ${text}`, ts, path: atMoment("strategy-events", ts) },
      }));
    }
    if (kind === "log_events") {
      const rows = await store.search(logEvents, q, limit);
      return rows.map(({ value: { log_id: id, level, service, message, ts } }) => ({
        ...{ id, title: `${level} ${service}: ${message}`, ts, path: atMoment("log-events", ts) },
      }));
    }
    if (kind === "reports") {
      const rows = await store.search(autopsyReports, q, limit);
      return rows.map(({ value: { trade_id: id, summary: title, closed_at: ts } }) => ({
        ...{ id, title, ts, path: `${prefix}/autopsy/${encodeURIComponent(id)}` },
      }));
    }
    const rows = await store.search(auditLog, q, limit);
    return rows.map(({ value: { audit_id: id, actor, what, ref, outcome, ts } }) => ({
      ...{ id, title: `${actor} ${what} ${ref}: ${outcome}`, ts },
      path: atMoment("audit", ts),
    }));
  }
  const atMoment = (list: string, ts: number): string => `${prefix}/${list}?from_ts=${ts}&to_ts=${ts}`;

  return async function search(q: string, limit: number, who: Principal): Promise<SearchAnswer> {
    const looks: [Kind, Promise<Hit[]>][] = [
      ...BY_ID.map((each): [Kind, Promise<Hit[]>] => [each.kind, byId(each, q, who)]),
      ...WORDY.map((kind): [Kind, Promise<Hit[]>] => [kind, byWords(q, limit, kind)]),
    ];
    const found = await Promise.all(
      looks.map(async ([kind, look]) => ({ kind, items: await look.catch((error: unknown) => asProblem(error)) })),
    );
    return {
      q,
      groups: found.flatMap(({ kind, items }) => (Array.isArray(items) && items.length > 0 ? [{ kind, items }] : [])),
      not_searched: found.filter(({ items }) => !Array.isArray(items)).map(({ kind }) => kind),
    };
  };
}

const WORDS = ["instrument", "side", "action", "mode", "kind", "status", "state"] as const;
const TIMES = ["created_at", "opened_at", "started_at", "ts"] as const;

/** One line of what a service tells of it; of an intent's story what was asked for. */
function describe(id: string, path: string, body: unknown): Hit {
  const told = body as Record<string, unknown> & { intent?: unknown };
  const about = { ...(typeof told.intent === "object" ? (told.intent as Record<string, unknown>) : {}), ...told };
  const words = WORDS.map((name) => about[name]).filter((word) => typeof word === "string");
  const ts = TIMES.map((name) => about[name]).find((time) => typeof time === "number") as number | undefined;
  return { id, title: words.join(" ") || id, ...(ts !== undefined && { ts }), path };
}
