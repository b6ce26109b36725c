import { expect, test } from "bun:test";
import type { ManageAnswer } from "../api/shapes.ts";
import { translator } from "../i18n/translate.ts";
import { done, planned } from "./manage-words.ts";

const t = translator("en");
const answer = (change: Partial<ManageAnswer> = {}): ManageAnswer => ({
  plan: { stop_moves: [], reduces: [], adds: [] },
  managed: [],
  orders: [],
  errors: [],
  ...change,
});
const move = { trade_id: "t1", instrument: "FUT:BTCUSDT", stop_price: "60100", reason: "set" };

test("a plan with nothing in it is said and not offered", () => {
  expect(planned(t, answer())).toMatchObject({ idle: true });
  expect(planned(t, answer()).bad).toBeUndefined();
});
test("what would be done is said line by line, and is offered", () => {
  const reduce = { trade_id: "t2", instrument: "FUT:ETHUSDT", qty: "0.5", reason: "close" };
  const told = planned(t, answer({ plan: { stop_moves: [move], reduces: [reduce], adds: [] } }));
  expect(told.lines).toHaveLength(2);
  expect(told.lines[0]).toContain("60,100");
  expect(told.lines[1]).toContain("0.5");
  expect([told.idle, told.bad]).toEqual([false, false]);
});
test("a refusal is said in its own words; alone it is not offered, after the act it is a failure", () => {
  const refused = answer({
    errors: [{ trade_id: "t1", instrument: "FUT:BTCUSDT", action: "SET_STOP", message: "never moved back" }],
  });
  expect(planned(t, refused)).toMatchObject({ idle: true, bad: true });
  expect(planned(t, refused).lines[0]).toContain("never moved back");
  expect(done(t, { ...refused, plan: { stop_moves: [move], reduces: [], adds: [] } }).bad).toBe(true);
});
