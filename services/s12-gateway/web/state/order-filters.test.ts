import { describe, expect, test } from "bun:test";
import { anOrder } from "../samples.ts";
import { fits, isFiltered, NO_FILTERS, queryOf, sinceOf } from "./order-filters.ts";

describe("which orders are shown", () => {
  test("without filters all of them", () => {
    expect(isFiltered(NO_FILTERS)).toBe(false);
    expect(queryOf(NO_FILTERS, sinceOf(NO_FILTERS, 1e12))).toEqual({});
    expect(fits(NO_FILTERS, anOrder(), undefined)).toBe(true);
  });
  test("each filter alone leaves out what it says", () => {
    const order = anOrder({ status: "FILLED", kind: "ENTRY", created_at: 5_000 });
    expect(fits({ ...NO_FILTERS, of: "SPOT:BTCUSDT" }, order, undefined)).toBe(false);
    expect(fits({ ...NO_FILTERS, status: "NEW" }, order, undefined)).toBe(false);
    expect(fits({ ...NO_FILTERS, kind: "SL" }, order, undefined)).toBe(false);
    expect(fits({ ...NO_FILTERS, working: true }, order, undefined)).toBe(false);
    expect(fits(NO_FILTERS, order, 5_001)).toBe(false);
    expect(fits(NO_FILTERS, order, 5_000)).toBe(true);
  });
  test("the router is asked for the same", () => {
    const filters = { of: "FUT:BTCUSDT", status: "NEW", kind: "SL", working: true, within: "1h" } as const;
    const since = sinceOf(filters, 10_000_000);
    const asked = { instrument: "FUT:BTCUSDT", status: "NEW", kind: "SL", open: "true", from_ts: 6_400_000 } as const;
    expect(queryOf(filters, since)).toEqual(asked);
  });
});
