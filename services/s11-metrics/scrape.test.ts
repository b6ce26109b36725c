import { expect, setDefaultTimeout, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { ServiceId, Store } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import { createScraper } from "./scrape.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

/** A scraper of services that tell these metrics, of s04 by its replicas' numbers; undefined: it does not answer. */
function open(texts: Record<string, (replica: number) => string | undefined>, replicas = 1) {
  const alerts: string[] = [];
  const heard: [string, number[] | undefined][] = [];
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
    names: { shorten: (_service, values) => ({ values, ops: [] }), committed: () => {} },
    hear: (service, samples) => void heard.push([service, samples?.map(({ value }) => value)]),
  });
  return { scraper, alerts, heard };
}
const calls = (from: string, to: string, count: number, shard = "0") =>
  `chimera_calls_total{to="${to}",service="${from}",shard="${shard}"} ${count}\n`;

test("what every service told is heard, of one that does not answer twice in a row that it did not", async () => {
  let isUp = true;
  const { scraper, alerts, heard } = open({ s03: () => (isUp ? calls("s03", "s04", 7) : undefined), s11: () => "" });
  await scraper.scrape();
  isUp = false;
  for (let turn = 0; turn < 4; turn++) await scraper.scrape();
  expect(alerts).toEqual(["SERVICE_DOWN"]);
  expect(heard.filter(([service]) => service === "s03").map(([, values]) => values)).toEqual([
    [7],
    ...Array(4).fill(undefined),
  ]);
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
  const { scraper, alerts, heard } = open({ s04: tell, s11: () => "" }, 2);
  await scraper.scrape();
  expect(heard[0]).toEqual(["s04", [3, 3]]);
  expect(await scraper.federate()).toContain('shard="1",replica="2"} 3');
  away.add(1);
  for (let turn = 0; turn < 3; turn++) await scraper.scrape();
  expect(alerts).toEqual(["SERVICE_DOWN"]);
  expect(heard.at(-2)).toEqual(["s04", [3]]);
});
