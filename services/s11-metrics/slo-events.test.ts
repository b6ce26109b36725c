import { beforeEach, expect, test } from "bun:test";
import { createMetrics } from "../../shared/kit/metrics.ts";
import { readPrometheus } from "./prometheus.ts";
import { createSloEvents, type SloEvents } from "./slo-events.ts";
import type { Watched } from "./watched-orders.ts";

let events: SloEvents;
let metrics: ReturnType<typeof createMetrics>;
beforeEach(() => {
  metrics = createMetrics("s11");
  events = createSloEvents(metrics, 10_000);
});
/** Good and bad ones so far. */
async function counted(slo: string): Promise<[number, number]> {
  const samples = readPrometheus(await metrics.text()).filter(({ labels }) => labels.slo === slo);
  const of = (outcome: string) => samples.find(({ labels }) => labels.outcome === outcome)?.value as number;
  return [of("good"), of("bad")];
}
const scrape = (service: "s01" | "s04", text: string) => events.onScrape(service, readPrometheus(text));
const ages = (...ms: number[]) => ms.map((age, at) => `chimera_market_age_ms{instrument="I${at}"} ${age}\n`).join("");

test("market data is looked at with each scrape, and is not fresh while S1 does not answer", async () => {
  events.onScrape("s01", undefined);
  expect(await counted("market_data")).toEqual([0, 0]);
  scrape("s01", ages(50, 10_000, 10_001));
  expect(await counted("market_data")).toEqual([2, 1]);
  events.onScrape("s01", undefined);
  expect(await counted("market_data")).toEqual([2, 4]);
});

test("commits of all services count, those before the first scrape not", async () => {
  const commits = (quick: number, all: number) =>
    `chimera_commit_ms_bucket{le="50"} 0\nchimera_commit_ms_bucket{le="80"} ${quick}\nchimera_commit_ms_bucket{le="+Inf"} ${all}\nchimera_commit_ms_count ${all}\n`;
  scrape("s04", commits(90, 100));
  expect(await counted("store_commit")).toEqual([0, 0]);
  scrape("s04", commits(190, 203));
  scrape("s01", commits(5, 5));
  scrape("s01", commits(6, 6));
  expect(await counted("store_commit")).toEqual([101, 3]);
  // Begun anew.
  scrape("s04", commits(4, 5));
  expect(await counted("store_commit")).toEqual([105, 4]);
});

test("what was counted before a service answered for the first time is not of that moment", async () => {
  events.onScrape("s04", undefined);
  scrape("s04", 'chimera_commit_ms_bucket{le="80"} 0\nchimera_commit_ms_count 5000\n');
  expect(await counted("store_commit")).toEqual([0, 0]);
});

test("an order counts once, when its fate is known or has been unknown for a minute", async () => {
  const order = (over: Partial<Watched>): Watched =>
    ({ ...{ sentAt: 0, ackMs: 50, failed: false, isKnown: true, refused: false, counted: false }, ...over }) as Watched;
  const orders = [
    order({}),
    order({ ackMs: 801 }),
    order({ refused: true }),
    order({ counted: true }),
    order({ isKnown: false, failed: true, ackMs: undefined }),
  ];
  events.onOrders(orders, 60_000);
  expect([await counted("order_success"), await counted("ack_latency")]).toEqual([
    [2, 1],
    [2, 1],
  ]);
  events.onOrders(orders, 60_001);
  events.onOrders(orders, 70_000);
  expect([await counted("order_success"), await counted("ack_latency")]).toEqual([
    [2, 2],
    [2, 1],
  ]);
});
