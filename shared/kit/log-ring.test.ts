/** What went wrong is kept in memory, bounded and without secrets, and told to S11 alone. */
import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { BARE } from "../testing/neighbours.ts";
import { simulatedWorld } from "../testing/world.ts";
import { createTokens } from "./auth.ts";
import { hostService } from "./host.ts";
import { rootLog, serviceLog } from "./log.ts";
import { LogRing, mergeLogged, RING_LINES_MAX } from "./log-ring.ts";
import type { Net, ServiceId } from "./ports.ts";
import { defineService } from "./service.ts";

const clock = new VirtualClock(5_000);
const ringOf = () => new LogRing({ clock, service: "s04", replica: "a" });
function logged() {
  const lines: string[] = [];
  const ring = ringOf();
  return {
    lines,
    ring,
    log: serviceLog(
      rootLog(clock, (line) => lines.push(line), "error"),
      "s04",
      () => 7,
      ring,
    ),
  };
}

test("WARN and ERROR are kept whatever level is written, without secrets in either place", () => {
  const { lines, ring, log } = logged();
  log.info("fine", { password: "x" });
  log.warn("slow", { api: { token: "abc" }, ms: 5 });
  log.error("GET /a?signature=beef failed", { deep: { deeper: { secret: "s" } } });
  expect(ring.since(0).map(({ level, message, fields, service, ts }) => [level, message, fields, service, ts])).toEqual(
    [
      ["WARN", "slow", { config_rev: 7, api: { token: "[redacted]" }, ms: 5 }, "s04", 5_000],
      ...[
        [
          "ERROR",
          "GET /a?signature=[redacted] failed",
          { config_rev: 7, deep: { deeper: { secret: "[redacted]" } } },
          "s04",
          5_000,
        ],
      ],
    ],
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("beef");
  expect(lines[0]).not.toContain('"s"');
});

test("the oldest lines go, each has an id of its own, long ones are cut", () => {
  const ring = ringOf();
  for (let n = 0; n < RING_LINES_MAX + 10; n++) ring.add({ level: "WARN", message: `${n}`, fields: {} });
  const kept = ring.since(0);
  expect([kept.length, kept[0]?.message]).toEqual([RING_LINES_MAX, "10"]);
  expect(new Set(kept.map(({ log_id }) => log_id)).size).toBe(RING_LINES_MAX);
  ring.add({ level: "ERROR", message: "m".repeat(5_000), fields: { stack: "s".repeat(50_000), code: "X" } });
  const last = ring.since(0).at(-1);
  expect([last?.message.length, JSON.stringify(last?.fields).length < 4_100, last?.fields.code]).toEqual([
    1_000,
    true,
    "X",
  ]);
  expect(ring.since(5_001)).toEqual([]);
});

test("a service answers them to S11, and to no other service, person or stranger", async () => {
  const world = simulatedWorld({ clock, net: {} as Net, seed: 1 });
  const service = defineService({
    ...BARE,
    ...{ id: "s04", name: "s04-router", title: "Order Router", port: 8084 },
    setup({ log }) {
      log.warn("came up slowly");
      return { verbs: [] };
    },
  });
  const hosted = await hostService(service, world, { reach: (() => {}) as never, peers: {} as never });
  const tokens = createTokens(world.serviceKey, clock);
  const ask = async (token?: string) =>
    hosted.fetch(
      new Request("http://s04/logged?after=0", {
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      }),
    );
  const from = (id: ServiceId) => tokens.mint(id, "s04");
  const told = await ask(await from("s11"));
  expect(await told.json()).toMatchObject({ items: [{ level: "WARN", message: "came up slowly", service: "s04" }] });
  const ann = await tokens.mint("s12", "s04", { id: "ann", role: "admin" });
  const others = [undefined, await from("s03"), ann, await tokens.mint("s11", "s03")];
  const statuses = await Promise.all(others.map(async (token) => (await ask(token)).status));
  expect(statuses).toEqual([401, 403, 403, 401]);
});

test("parts of one process answer as one, in order; one that refuses refuses for all", async () => {
  const line = (ts: number) => ({ log_id: `l${ts}`, ts, level: "WARN", service: "s03", message: "m", fields: {} });
  const answers = [Response.json({ items: [line(2)] }), Response.json({ items: [line(1), line(3)] })];
  const merged = (await (await mergeLogged(answers)).json()) as { items: { ts: number }[] };
  expect(merged.items.map(({ ts }) => ts)).toEqual([1, 2, 3]);
  expect(await (await mergeLogged([])).json()).toEqual({ items: [] });
  expect((await mergeLogged([Response.json({ items: [] }), new Response(null, { status: 403 })])).status).toBe(403);
});
