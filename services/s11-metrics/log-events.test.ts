/** Lines of all services, collected once each, bounded by service and minute, and found again by their words. */
import { beforeEach, expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { put } from "../../shared/changes.ts";
import { logEvents } from "../../shared/collections/operations.ts";
import type { LogEvent } from "../../shared/domain/watching.ts";
import type { Net, ServiceId, Store } from "../../shared/kit/ports.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { createLogCollector, LINES_PER_MINUTE_MAX, type LogParts } from "./log-events.ts";
import { pageWithText } from "./page-with-text.ts";

const MINUTE_MS = 60_000;
let store: Store;
/** What each process has in memory. */
let rings: Map<string, LogEvent[]>;
let isAway: Set<string>;
let isFull: boolean;
beforeEach(() => {
  store = simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: 1 }).store("s11");
  rings = new Map();
  isAway = new Set();
  isFull = false;
});

let nth = 0;
function logs(service: string, ts: number, message = "m", replica = 0): void {
  const line = { log_id: `l${++nth}`, ts, level: "WARN", service, message, fields: { order: "c-1" } } as const;
  rings.set(`${service}/${replica}`, [...(rings.get(`${service}/${replica}`) ?? []), line]);
}
function collector() {
  const since = (key: string, ts: number) => (rings.get(key) ?? []).filter((line) => line.ts >= ts);
  const peers: LogParts["peers"] = {
    services: ["s03", "s04", "s11"].map((id) => ({ id: id as ServiceId, name: id, title: id, port: 0 })),
    replicas: (id) => (id === "s04" ? 2 : 1),
    async fetch(id, request, principal, replica = 0) {
      expect([principal.kind, principal.id]).toEqual(["service", "s11"]);
      if (isAway.has(`${id}/${replica}`)) throw new Error("nobody there");
      const after = Number(new URL(request.url).searchParams.get("after"));
      return Response.json({ items: since(`${id}/${replica}`, after) });
    },
  };
  const kept: LogParts["store"] = {
    query: store.query.bind(store),
    commit: (ops) => (isFull ? Promise.reject(new Error("disk full")) : store.commit(ops)),
  };
  return createLogCollector({ store: kept, peers, own: (ts) => since("s11/0", ts) });
}
const kept = async () => {
  const oldest = { sort: { field: "ts", order: "asc" }, limit: 1_000 } as const;
  return (await store.query(logEvents, oldest)).items.map(({ value }) => value);
};

test("each line of each process is kept once, also those of the same moment, and S11's own", async () => {
  const { collect } = collector();
  logs("s03", 10);
  logs("s04", 10);
  logs("s04", 10, "other replica", 1);
  logs("s11", 10);
  await collect();
  logs("s03", 10, "the same moment, later");
  await collect();
  await collect();
  expect((await kept()).map(({ service, message }) => [service, message]).toSorted()).toEqual([
    ["s03", "m"],
    ["s03", "the same moment, later"],
    ["s04", "m"],
    ["s04", "other replica"],
    ["s11", "m"],
  ]);
});

test("what was not told or not kept comes with the next collection; a restart goes on where it was", async () => {
  const first = collector();
  logs("s03", 1_000);
  logs("s04", 1_000);
  isAway.add("s03/0");
  isFull = true;
  await expect(first.collect()).rejects.toThrow("disk full");
  isFull = false;
  await first.collect();
  expect((await kept()).map(({ service }) => service)).toEqual(["s04"]);
  isAway.clear();
  await first.collect();
  const again = collector();
  await again.load();
  logs("s03", 2_000);
  await again.collect();
  expect((await kept()).map(({ service, ts }) => [service, ts]).toSorted()).toEqual([
    ["s03", 1_000],
    ["s03", 2_000],
    ["s04", 1_000],
  ]);
});

test("of a flood so many a minute are kept, and how many were left out; others have their room", async () => {
  const { collect } = collector();
  for (let n = 0; n < LINES_PER_MINUTE_MAX + 30; n++) logs("s03", 1_000 + n);
  logs("s04", 1_500, "beside it");
  await collect();
  expect((await kept()).filter(({ service }) => service === "s03")).toHaveLength(LINES_PER_MINUTE_MAX);
  logs("s03", MINUTE_MS + 1, "quiet again");
  await collect();
  const lines = await kept();
  expect(lines.slice(-2).map(({ message }) => message)).toEqual([
    "30 more lines of this minute are not kept",
    "quiet again",
  ]);
  expect(lines.some(({ message }) => message === "beside it")).toBe(true);
});

test("words are found in the text and the fields, page after page, with bounded reading for one answer", async () => {
  const rows = Array.from({ length: 300 }, (_, n) => ({
    ...({
      log_id: `x${n}`,
      ts: n,
      level: "WARN",
      service: "s03",
      message: n % 100 === 7 ? "Needle here" : "hay",
    } as const),
    fields: { n: `n${n}` },
  }));
  await store.commit(rows.map((row) => put(logEvents, row)));
  const look = (words: string | undefined, cursor?: string) =>
    pageWithText(store, logEvents, {
      query: { sort: { field: "ts", order: "desc" }, limit: 10, ...(cursor !== undefined && { cursor }) },
      words,
      textOf: (line) => `${line.message} ${JSON.stringify(line.fields)}`,
    });
  const found: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await look("needle HERE", cursor);
    found.push(...page.items.map(({ ts }) => ts));
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  expect(found).toEqual([207, 107, 7]);
  expect((await look("n299")).items.map(({ ts }) => ts)).toEqual([299]);
  expect((await look(undefined)).items).toHaveLength(10);
  const far = await look("n5 ");
  expect([far.items.length, far.next_cursor !== undefined]).toEqual([0, true]);
});
