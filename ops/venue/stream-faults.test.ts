import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { type StreamFault, StreamFaults } from "./stream-faults.ts";
import { type Answer, TestVenue } from "./test-client.ts";

const depth = (u: number, more: object = {}) =>
  JSON.stringify({ e: "depthUpdate", s: "BTCUSDT", u, b: [["10.0", "1"]], a: [["11.0", "1"]], ...more });

function line(faults: Partial<StreamFault>[]) {
  const clock = new VirtualClock(1_000);
  const streams = new StreamFaults(clock);
  const heard: string[] = [];
  const wire = streams.wire("FUT", { send: (text) => heard.push(text), close: () => heard.push("closed") });
  for (const fault of faults) {
    const whole = { kind: "stream", does: "drop", market: "FUT", count: 1, until: 1e15, delay_ms: 500 } as const;
    streams.add({ ...whole, ...fault });
  }
  const ids = () => heard.map((text) => (text.startsWith("{") ? (JSON.parse(text).u ?? "answer") : text));
  return { clock, streams, heard, wire, ids };
}

test("a message is lost, doubled, swapped with the next or late, as often as said; others pass", async () => {
  const rows: [Partial<StreamFault>[], unknown[]][] = [
    [[], [1, 2, 3, 4]],
    [[{ does: "drop", count: 2 }], [3, 4]],
    [[{ does: "duplicate" }], [1, 1, 2, 3, 4]],
    [[{ does: "swap", count: 1 }], [2, 1, 3, 4]],
    [[{ does: "delay", count: 1 }], [2, 3, 4, 1]],
    [[{ does: "drop", event: "trade" }], [1, 2, 3, 4]],
    [[{ does: "drop", symbol: "ETHUSDT" }], [1, 2, 3, 4]],
    [[{ does: "drop", market: "SPOT" }], [1, 2, 3, 4]],
    [[{ does: "drop", count: 99, until: 999 }], [1, 2, 3, 4]],
  ];
  for (const [faults, expected] of rows) {
    const { clock, wire, ids } = line(faults);
    for (const u of [1, 2, 3, 4]) wire.send(depth(u));
    await clock.run(3_000);
    expect(ids()).toEqual(expected);
  }
});

test("a swapped message that has no successor comes by itself; answers to requests are let through", async () => {
  const { clock, wire, ids } = line([{ does: "swap" }]);
  wire.send(JSON.stringify({ result: null, id: 1 }));
  wire.send(depth(7));
  expect(ids()).toEqual(["answer"]);
  await clock.run(3_000);
  expect(ids()).toEqual(["answer", 7]);
});

test("a crossed book has the best bid among the asks, in any envelope; without bids it waits for one", () => {
  const { wire, heard } = line([{ does: "cross" }]);
  wire.send(depth(1, { b: [] }));
  wire.send(`{"stream":"btcusdt@depth","data":${depth(2)}}`);
  wire.send(depth(3));
  expect(heard.map((text) => (JSON.parse(text).data ?? JSON.parse(text)).a)).toEqual([
    [["11.0", "1"]],
    [
      ["11.0", "1"],
      ["10.0", "1"],
    ],
    [["11.0", "1"]],
  ]);
});

const fault = (v: TestVenue, body: object) =>
  v.venue.rest("admin", {
    ...{ method: "POST", path: "/faults", headers: { authorization: "Bearer admin-token" } },
    body: JSON.stringify(body),
  });

test("half-open: a connection stays open and is dead both ways; a new one lives", async () => {
  const v = await TestVenue.open();
  const url = "ws://127.0.0.1:8094/ws/btcusdt@depth";
  const old = await v.listen(url);
  await fault(v, { kind: "half_open", market: "FUT" });
  const fresh = await v.listen(url);
  await v.order("maker", "BTCUSDT SELL 1 60000");
  for (const { socket } of [old, fresh]) socket.send('{"method":"LIST_SUBSCRIPTIONS","id":1}');
  await v.settle(1_000);
  expect([old.messages.length, old.closed]).toEqual([0, undefined]);
  expect(fresh.messages.length).toBe(2);
});

test("a gap in the depth of one symbol is a gap in its chain, and account events can be doubled", async () => {
  const v = await TestVenue.open();
  const heard = await v.listen("ws://127.0.0.1:8094/ws/btcusdt@depth@100ms/ethusdt@depth@100ms");
  const account = await v.listenAccount("maker");
  await fault(v, { kind: "stream", does: "drop", market: "FUT", event: "depthUpdate", symbol: "BTCUSDT" });
  await fault(v, { kind: "stream", does: "duplicate", market: "FUT", event: "ORDER_TRADE_UPDATE" });
  for (const price of [60_000, 60_001, 60_002]) {
    await v.order("maker", `BTCUSDT SELL 1 ${price}`);
    await v.order("maker", `ETHUSDT SELL 1 ${price / 20}`);
    await v.settle(200);
  }
  const chain = (symbol: string) =>
    heard.messages.filter((m: Answer) => m.s === symbol).map((m: Answer) => [m.pu, m.u]);
  expect([chain("BTCUSDT").length, chain("ETHUSDT").length]).toEqual([2, 3]);
  const events = account.messages.filter((m) => m.e === "ORDER_TRADE_UPDATE");
  expect(events).toHaveLength(7);
  expect(events[0]).toEqual(events[1]);
});
