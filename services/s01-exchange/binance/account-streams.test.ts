import { expect, test } from "bun:test";
import type { AccountEvent } from "../../../shared/streams.ts";
import { type Bench, BTC, connectToVenue, order } from "../venue.fixture.ts";

const ofKind = <K extends AccountEvent["kind"]>(told: AccountEvent[], kind: K) =>
  told.filter((event): event is Extract<AccountEvent, { kind: K }> => event.kind === kind);

const fillsTold = (bench: Bench) => ofKind(bench.told, "execution").flatMap((event) => event.fill ?? []);

test("each connection begins with a gap, so that what was missed is asked for", async () => {
  const { told } = await connectToVenue();
  expect(ofKind(told, "gap").map(({ instrument, from_ts }) => [instrument, from_ts])).toEqual([
    ["SPOT", 0],
    ["FUT", 0],
  ]);
});

test("a fill is told with its fee and id, a position with its size, a balance with what is free", async () => {
  const bench = await connectToVenue();
  await bench.settle(bench.connector.desk.submit(order({})));
  await bench.pass(100);
  const fill = fillsTold(bench)[0]!;
  expect(fill).toMatchObject({ qty: "0.010", fee_asset: "USDT", maker: false });
  const [rest] = await bench.settle(bench.connector.queries.fills({ instrument: BTC }));
  expect(rest).toMatchObject({ fill_id: fill.fill_id, price: fill.price, fee: fill.fee });
  const position = ofKind(bench.told, "position").at(-1)!.position;
  expect(position).toMatchObject({ instrument: BTC, qty: "0.010", leverage: 20 });
  const [held] = await bench.settle(bench.connector.queries.positions("main"));
  expect(held).toMatchObject({ qty: "0.010", leverage: 20, entry_price: position.entry_price });
  expect(ofKind(bench.told, "balance").at(-1)!.balances[0]).toMatchObject({ market: "FUT", asset: "USDT" });
});

test("a lost connection is told as a gap from the last event on, and the next fill is heard again", async () => {
  const bench = await connectToVenue();
  await bench.settle(bench.connector.desk.submit(order({})));
  await bench.pass(1_000);
  const lastTs = bench.told.at(-1)!.ts;
  bench.venue.faults.blackout(bench.clock.now() + 3_000);
  bench.cut("/private/");
  await bench.pass(200);
  expect(bench.connector.streams.trouble()).toBe("FUT account stream is down");
  await bench.pass(10_000);
  expect(bench.connector.streams.trouble()).toBeUndefined();
  expect(ofKind(bench.told, "gap").at(-1)).toMatchObject({ instrument: "FUT", from_ts: lastTs });
  await bench.settle(bench.connector.desk.submit(order({ client_order_id: "later" })));
  await bench.pass(100);
  expect(fillsTold(bench).length).toBe(2);
});

test("a stream that is open but tells nothing of an order is replaced", async () => {
  const bench = await connectToVenue({ executionHeardMsMax: 3_000 });
  let isDeaf = true;
  bench.faulty.deaf = (url, text) => isDeaf && url.includes("/private/") && text.includes('"ORDER_TRADE_UPDATE"');
  await bench.settle(bench.connector.desk.submit(order({})));
  await bench.pass(3_500);
  bench.connector.streams.checkHeard();
  isDeaf = false;
  await bench.pass(2_000);
  expect(bench.around.raised).toContain("ACCOUNT_STREAM_DEAF");
  expect(ofKind(bench.told, "gap").length).toBe(3);
  bench.connector.streams.checkHeard();
  expect(bench.connector.streams.trouble()).toBeUndefined();
});

test("a stream that tells of an order before the order is answered is as good as any", async () => {
  const bench = await connectToVenue({ executionHeardMsMax: 1_000 });
  await bench.settle(bench.connector.desk.submit(order({})));
  await bench.pass(5_000);
  bench.connector.streams.checkHeard();
  expect(bench.around.raised).toEqual([]);
});

test("an expired listen key leads to a new one", async () => {
  const bench = await connectToVenue();
  bench.faulty.fetch = (request) =>
    request.method === "PUT" && request.url.endsWith("/listenKey")
      ? Promise.resolve({ status: 400, headers: {}, body: '{"code":-1125,"msg":"This listenKey does not exist."}' })
      : undefined;
  await bench.settle(bench.connector.streams.keepAlive());
  await bench.pass(2_000);
  expect(bench.connector.streams.trouble()).toBeUndefined();
  expect(ofKind(bench.told, "gap").filter((gap) => gap.instrument === "FUT").length).toBe(2);
});

test("a frame that cannot be read is alerted and told as a gap", async () => {
  const bench = await connectToVenue();
  const before = ofKind(bench.told, "gap").length;
  bench.inject("/private/", '{"e":"ORDER_TRADE_UPDATE","T":1,"o":{"s":"BTCUSDT","z":"NaN"}}');
  bench.inject("/private/", '{"e":"ORDER_TR');
  await bench.pass(100);
  expect(ofKind(bench.told, "gap").length).toBe(before + 2);
  expect(bench.around.raised).toEqual(["ACCOUNT_FRAME", "ACCOUNT_FRAME"]);
});
