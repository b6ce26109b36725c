import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Address, printAddress, readAddress, SUBJECTS, TABS } from "./address.ts";
import { CHART_TIMEFRAMES } from "./bars.ts";

describe("the page's address", () => {
  test("every state can be linked to", () => {
    const address: fc.Arbitrary<Address> = fc.record({
      instrument: fc.constantFrom("", "FUT:BTCUSDT", "SPOT:1000SHIBUSDT"),
      timeframe: fc.constantFrom(...CHART_TIMEFRAMES),
      tab: fc.constantFrom(...TABS),
      subject: fc.option(
        fc.record({ kind: fc.constantFrom(...SUBJECTS), id: fc.string({ minLength: 1, unit: "binary" }) }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(address, (given) => expect(readAddress(printAddress(given).slice(1))).toEqual(given)),
      { seed: 5 },
    );
  });
  test("nonsense falls back to defaults", () => {
    const read = readAddress("?instrument=<script>&timeframe=9y&tab=x&open=decision:");
    expect(printAddress(read)).toBe("/");
    expect(readAddress("?open=wizard:1").subject).toBeUndefined();
  });
});
