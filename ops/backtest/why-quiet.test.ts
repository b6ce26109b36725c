import { expect, test } from "bun:test";
import { defaultListings } from "../../shared/engine/listing.ts";
import { askedBundle } from "./asked-bundle.ts";
import { whyQuiet } from "./why-quiet.ts";

const listings = defaultListings().filter(({ instrument }) => instrument === "FUT:BTCUSDT");

test("each strategy says what it waits for, and that minutes do not tell it", () => {
  const { bundle } = askedBundle(undefined, "book");
  expect(whyQuiet(bundle, { form: "bars", timeframe: "1m", listings })).toEqual([
    "book-pressure waits for obi_5 to go up through 0.6, which bars do not tell; waits for obi_5 to go down through -0.6, which bars do not tell",
    "trend-bars looks at every bar of 5s, and the data is bars of 1m",
    "spot-reversion trades SPOT:BTCUSDT, SPOT:ETHUSDT, which the data does not have",
  ]);
});

test("the bundle for bars waits for nothing that they cannot tell", () => {
  const { bundle } = askedBundle(undefined, "bars");
  expect(whyQuiet(bundle, { form: "bars", timeframe: "1m", listings })).toEqual(["rsi-dip looks at every bar of 15m"]);
});
