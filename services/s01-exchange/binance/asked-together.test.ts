import { expect, test } from "bun:test";
import { connectToVenue } from "../venue.fixture.ts";

const SPACING_MS = 3_000;
const AT_ONCE = 5;

test("all open orders are asked for once for all who ask before it is sent, and never answered from before they asked", async () => {
  const { connector, requests, settle, pass, clock, faulty } = await connectToVenue();
  const asked: number[] = [];
  // The exchange's answers take a second, and name what they answer.
  faulty.fetch = ({ url, method }) => {
    if (method !== "GET" || !url.includes("/fapi/v1/openOrders?")) return undefined;
    const nth = asked.push(clock.now());
    const row = { symbol: "BTCUSDT", orderId: nth, clientOrderId: `asked-${nth}`, side: "BUY", type: "LIMIT" };
    const rest = { status: "NEW", origQty: "1", executedQty: "0", price: "1", avgPrice: "0", stopPrice: "0" };
    const body = JSON.stringify([{ ...row, ...rest, cumQuote: "0", time: 1, updateTime: 1, reduceOnly: false }]);
    return clock.sleep(1_000).then(() => ({ status: 200, headers: {}, body }));
  };
  const ids = async () => (await connector.orders.openOrders("FUT")).map((order) => order.client_order_id);
  const spared: Promise<string[]>[] = [];
  for (let nth = 1; nth < AT_ONCE; nth++) {
    spared.push(ids());
    await pass(10);
  }
  const first = [ids(), ids()];
  await pass(100);
  expect(asked.length).toBe(AT_ONCE);
  // Under way already: these need a newer answer, and share it.
  const second = [ids(), ids(), ids(), ids()];
  const answers = await settle(Promise.all([...first, ...second]));
  expect(answers.flat()).toEqual(["asked-5", "asked-5", "asked-6", "asked-6", "asked-6", "asked-6"]);
  expect((await Promise.all(spared)).flat()).toEqual(["asked-1", "asked-2", "asked-3", "asked-4"]);
  expect((asked[5] as number) - (asked[0] as number)).toBe(SPACING_MS);
  await pass(SPACING_MS);
  const quietAt = clock.now();
  await settle(ids());
  expect((asked[6] as number) - quietAt).toBeLessThan(100);
  expect(requests.filter(({ url }) => url.includes("openAlgoOrders")).length).toBe(7);
});

test("one that fails fails for those who shared it, and the next is asked anew; of one instrument nobody waits", async () => {
  const { connector, settle, faulty, clock } = await connectToVenue();
  faulty.fetch = ({ url }) =>
    url.includes("openOrders") ? Promise.resolve({ status: 500, headers: {}, body: "{}" }) : undefined;
  const failing = [connector.orders.openOrders("SPOT"), connector.orders.openOrders("SPOT")];
  const settled = await settle(Promise.allSettled(failing));
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  faulty.fetch = undefined;
  const at = clock.now();
  expect(await settle(connector.orders.openOrders("FUT", "FUT:BTCUSDT"))).toEqual([]);
  expect(clock.now() - at).toBeLessThan(500);
  expect(await settle(connector.orders.openOrders("SPOT"))).toEqual([]);
});
