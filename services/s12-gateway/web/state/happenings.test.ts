import { expect, test } from "bun:test";
import { anOrder, aTrade } from "../samples.ts";
import { closedToday, happeningsOf } from "./happenings.ts";

test("a trade is told when it begins and when it ends, an order when it is refused; newest first, as many as fit", () => {
  const trade = aTrade({ status: "CLOSED", opened_at: 1_000, closed_at: 4_000 });
  const orders = [anOrder({ status: "REJECTED", updated_at: 3_000 }), anOrder({ status: "FILLED", updated_at: 5_000 })];
  const alerts = [{ alert_id: "a", severity: "WARN" as const, source: "s04", message: "slow", ts: 2_000 }];
  const told = happeningsOf({ trades: [trade], orders, alerts }, 10).map(({ kind, ts }) => `${kind} ${ts}`);
  expect(told).toEqual(["closed 4000", "rejected 3000", "alert 2000", "opened 1000"]);
  expect(happeningsOf({ trades: [trade], orders, alerts }, 2)).toHaveLength(2);
});
test("today begins at midnight UTC", () => {
  const day = 86_400_000;
  const at = (closed_at: number) => aTrade({ status: "CLOSED", closed_at });
  expect(closedToday([at(2 * day), at(2 * day - 1), aTrade()], 2 * day + 5).map((each) => each.closed_at)).toEqual([
    2 * day,
  ]);
});
