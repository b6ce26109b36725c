import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Address, printAddress, readAddress, SUBJECTS, TABS } from "./address.ts";
import { ASKED_NAMES, type Asked } from "./asked.ts";
import { CHART_TIMEFRAMES } from "./bars.ts";
import { KINDS, STATUSES, WITHINS } from "./order-filters.ts";
import { PAGES } from "./pages.ts";

const read = (text: string) => readAddress(new URL(text, "http://page"));

describe("the page's address", () => {
  test("every state can be linked to", () => {
    const address: fc.Arbitrary<Address> = fc.record({
      page: fc.constantFrom(...PAGES.map((page) => page.id)),
      id: fc.string({ unit: "binary" }),
      filters: fc.record({
        of: fc.constantFrom("", "SPOT:ETHUSDT"),
        status: fc.constantFrom("" as const, ...STATUSES),
        kind: fc.constantFrom("" as const, ...KINDS),
        working: fc.boolean(),
        within: fc.constantFrom(...WITHINS),
      }),
      asked: fc.dictionary(
        fc.constantFrom(...ASKED_NAMES),
        fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
      ) as fc.Arbitrary<Asked>,
      instrument: fc.constantFrom("", "FUT:BTCUSDT", "SPOT:1000SHIBUSDT"),
      timeframe: fc.constantFrom(...CHART_TIMEFRAMES),
      tab: fc.constantFrom(...TABS),
      subject: fc.option(
        fc.record({ kind: fc.constantFrom(...SUBJECTS), id: fc.string({ minLength: 1, unit: "binary" }) }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(address, (given) => expect(read(printAddress(given))).toEqual(given)),
      { seed: 5 },
    );
  });
  test("nonsense falls back to defaults", () => {
    expect(printAddress(read("/?instrument=<script>&timeframe=9y&tab=x&open=decision:"))).toBe("/market");
    expect(printAddress(read("/orders?of=all&status=LOST&kind=x&working=1&within=ever"))).toBe("/orders");
    expect(read("/?open=wizard:1").subject).toBeUndefined();
    expect(read("/no-such-page").page).toBe("overview");
    expect(read("/").page).toBe("overview");
  });
  test("links from when the market was the first page still lead there", () => {
    expect(read("/?instrument=SPOT:BTCUSDT&tab=fills")).toMatchObject({ page: "market", tab: "fills" });
    expect(read("/?open=alert:1").page).toBe("overview");
  });
});
