import { expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { RECORDINGS } from "../../shared/keys.ts";
import { BTC, connectToVenue } from "./venue.fixture.ts";

test("what is recorded is what came, and can be read back line by line", async () => {
  const { connector, blobs, settle, pass, said } = await connectToVenue();
  await settle(connector.recorder.flush());
  await pass(1_000);
  await settle(connector.recorder.flush());
  const { items } = await blobs.list(RECORDINGS, { limit: 10 });
  expect(items.map((item) => item.key)).toEqual([
    "recordings/fut-btcusdt/2023-11-14-22.gz",
    "recordings/spot-btcusdt/2023-11-14-22.gz",
  ]);
  const lines = gunzipSync((await blobs.get(items[0]!.key))!)
    .toString()
    .trimEnd()
    .split("\n");
  const frames = lines.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));
  expect(lines.every((line) => /^17\d{17} \{"stream":"btcusdt@/.test(line))).toBe(true);
  const trades = frames.filter((frame) => frame.data.e === "trade").map((frame) => String(frame.data.t));
  expect(trades).toEqual(said.trades.filter((t) => t.instrument === BTC).map((t) => t.trade_id));
});
