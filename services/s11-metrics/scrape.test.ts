import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import { createScraper } from "./scrape.ts";

/** A scraper of services that tell these metrics, of s04 by its replicas' numbers; undefined: it does not answer. */
function open(texts: Record<string, (replica: number) => string | undefined>, replicas = 1) {
  const alerts: string[] = [];
  const services = Object.keys(texts).map((id) => ({ id: id as ServiceId, name: id, title: id, port: 0 }));
  const fetch = async (id: ServiceId, _request: Request, _principal: Principal, replica = 0) => {
    const text = texts[id]?.(replica);
    return new Response(text ?? "", { status: text === undefined ? 503 : 200 });
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const scraper = createScraper({
    peers: { services, fetch, replicas: (id: ServiceId) => (id === "s04" ? replicas : 1) } as unknown as Peers,
    store: { commit: async () => ({ revs: [] }) } as unknown as Store,
    clock: new VirtualClock(0),
    log: log as never,
    self: "s11",
    own: async () => texts.s11?.(0) ?? "",
    alert: (_severity, code) => void alerts.push(code),
  });
  return { scraper, alerts };
}
const calls = (from: string, to: string, count: number, shard = "0") =>
  `chimera_calls_total{to="${to}",service="${from}",shard="${shard}"} ${count}\n`;

test("who calls whom is told by every service itself, shards added up", async () => {
  const { scraper } = open({
    s03: () => calls("s03", "s04", 7) + calls("s03", "s04", 5, "1") + calls("s03", "s10", 1),
    s11: () => calls("s11", "s03", 2),
  });
  expect(scraper.topology()).toEqual([]);
  await scraper.scrape();
  expect(scraper.topology()).toEqual([
    { from: "s03", to: "s04", count: 12 },
    { from: "s03", to: "s10", count: 1 },
    { from: "s11", to: "s03", count: 2 },
  ]);
});

test("a service that does not answer twice in a row is told of once, and keeps its place in the topology", async () => {
  let isUp = true;
  const { scraper, alerts } = open({ s03: () => (isUp ? calls("s03", "s04", 7) : undefined), s11: () => "" });
  await scraper.scrape();
  isUp = false;
  for (let turn = 0; turn < 4; turn++) await scraper.scrape();
  expect(alerts).toEqual(["SERVICE_DOWN"]);
  expect(scraper.topology()).toEqual([{ from: "s03", to: "s04", count: 7 }]);
});

test("the metrics of all are one text, each metric's help said once", async () => {
  const help = "# HELP chimera_x What it counts\n# TYPE chimera_x counter\n";
  const { scraper } = open({
    s03: () => `${help}chimera_x{service="s03"} 1\n`,
    s04: () => undefined,
    s11: () => `${help}chimera_x{service="s11"} 2\n`,
  });
  expect(await scraper.federate()).toBe(`${help}chimera_x{service="s03"} 1\nchimera_x{service="s11"} 2\n`);
});

test("every replica is scraped and named in its series; one that is away is told of, the others count on", async () => {
  const away = new Set<number>();
  const tell = (replica: number) => (away.has(replica) ? undefined : calls("s04", "s01", 3, String(replica)));
  const { scraper, alerts } = open({ s04: tell, s11: () => "" }, 2);
  await scraper.scrape();
  expect(scraper.topology()).toEqual([{ from: "s04", to: "s01", count: 6 }]);
  expect(await scraper.federate()).toContain('shard="1",replica="2"} 3');
  away.add(1);
  for (let turn = 0; turn < 3; turn++) await scraper.scrape();
  expect(alerts).toEqual(["SERVICE_DOWN"]);
  expect(scraper.topology()).toEqual([{ from: "s04", to: "s01", count: 3 }]);
});
