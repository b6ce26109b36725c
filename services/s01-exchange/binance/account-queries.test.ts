import { expect, test } from "bun:test";
import { BTC, connectToVenue } from "../venue.fixture.ts";

const PAGE = 1_000;
const COUNT = 2_500;

test("fills of a dropped stream are asked for by trade id: one millisecond may hold more than a page", async () => {
  const bench = await connectToVenue();
  bench.venue.faults.blackout(bench.clock.now() + 3_000);
  bench.cut("/private/");
  await bench.pass(200);
  const at = Math.floor(bench.clock.now());
  const fills = Array.from({ length: COUNT }, (_, nth) => ({
    ...{ id: 7_000 + nth, orderId: 5, symbol: "BTCUSDT", side: "BUY", price: "60000.0", qty: "0.001", time: at },
    ...{ commission: "0.01", commissionAsset: "USDT", realizedPnl: "0", maker: true },
  }));
  const asked: string[] = [];
  // As Binance pages: from a time on, or from an id on, at most a thousand.
  bench.faulty.fetch = ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname !== "/fapi/v1/userTrades") return undefined;
    const [startTime, fromId] = [Number(searchParams.get("startTime")), Number(searchParams.get("fromId"))];
    asked.push(fromId > 0 ? `from ${fromId}` : "by time");
    const body = JSON.stringify(fills.filter(({ id, time }) => id >= fromId && time >= startTime).slice(0, PAGE));
    return Promise.resolve({ status: 200, headers: {}, body });
  };
  await bench.pass(10_000);
  const gap = bench.told.findLast((event) => event.kind === "gap" && event.instrument === "FUT");
  if (gap?.kind !== "gap") throw new Error("no gap was told");
  expect(gap.from_ts).toBeLessThanOrEqual(at);
  const found = await bench.settle(bench.connector.queries.fills({ instrument: BTC, from_ts: gap.from_ts }));
  expect(found.map(({ fill_id }) => Number(fill_id))).toEqual(fills.map(({ id }) => id));
  expect(asked).toEqual(["by time", "from 8000", "from 9000"]);
});

test.each([true, false])(
  "in a minute whose weight is used up: open orders and fills for an exit %p",
  async (for_exit) => {
    const bench = await connectToVenue();
    const { orders, queries } = bench.connector;
    bench.faulty.fetch = () =>
      Promise.resolve({ status: 200, headers: { "x-mbx-used-weight-1m": "2399" }, body: "[]" });
    await bench.settle(queries.positions("main"));
    const asked = await bench.settle(
      Promise.allSettled([
        orders.openOrders("FUT", BTC, for_exit),
        queries.fills({ instrument: BTC, from_ts: 1, for_exit }),
      ]),
    );
    const said = asked.map((one) => (one.status === "fulfilled" ? "answered" : one.reason.code));
    expect(said).toEqual(for_exit ? ["answered", "answered"] : ["RATE_LIMITED", "RATE_LIMITED"]);
  },
);
