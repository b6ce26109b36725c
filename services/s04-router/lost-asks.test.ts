import { describe, expect, test } from "bun:test";
import { show } from "../../shared/domain/money.ts";
import { clientOrderId } from "../../shared/keys.ts";
import { sliceLeg } from "../../shared/trading/execution/twap.ts";
import { askedId } from "../../shared/trading/position/ask.ts";
import { askedQty, lastAsk, lostAsks } from "./lost-asks.ts";

const idOf = (intent_id: string, leg: string, tag = "chim") => clientOrderId(tag, intent_id, leg);
const found = (...ids: string[]) => lostAsks("chim", { trade_id: "t", after: 3 }, new Set(ids));

describe("what lost orders were sent for", () => {
  test("is known of all orders of an ask, in the order in which they left", () => {
    const stage = askedId("t", "TP", 5);
    const legs = ["e2", "e0", "e1"].map((leg) => idOf(stage, leg));
    expect([...found(...legs)]).toEqual(
      ["e0", "e1", "e2"].map((leg) => [idOf(stage, leg), { intent_id: stage, kind: "TP", seq: 5 }]),
    );
    const close = askedId("t", "CLOSE", 9);
    const slices = [sliceLeg(1, 0), sliceLeg(0, 0), sliceLeg(0, 1)].map((leg) => idOf(close, leg));
    expect([...found(...slices).keys()]).toEqual([slices[1]!, slices[2]!, slices[0]!]);
  });

  test("is nothing for what another trade, another tag or an ask that is known asked for", () => {
    const others = [idOf(askedId("u", "TP", 5), "e0"), idOf(askedId("t", "TP", 5), "e0", "base")];
    expect(found(...others, idOf(askedId("t", "TP", 3), "e0"), "chim-x", "chim-").size).toBe(0);
  });

  test("is for what the orders before have not filled", () => {
    const qty = (...orders: [string, string][]) =>
      show(askedQty(orders.map(([all, filled_qty]) => ({ qty: all, filled_qty }))));
    expect(qty(["0.25", "0"], ["0.250", "0.25"])).toBe("0.25");
    expect(qty(["0.25", "0.1"], ["0.15", "0.15"])).toBe("0.25");
    expect(qty(["0.1", "0.1"])).toBe("0.1");
  });
});

test("the highest number is that of this trade's asks alone", () => {
  expect(lastAsk("t", ["t:TP:4", "t:SL:11", "t:entry", "u:TP:40", "t:TP:x", "tt:TP:50"])).toBe(11);
});
