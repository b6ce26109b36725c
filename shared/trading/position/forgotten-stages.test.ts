import { describe, expect, test } from "bun:test";
import type { Trade } from "../../domain/trade.ts";
import { answeredTrade, asked, intentOf, intentSeq } from "./ask.ts";
import { withStageOf } from "./forgotten-stages.ts";
import { stageAsk } from "./plans.ts";
import { emptyTrade } from "./trade.ts";
import { paramsOf } from "./trade-params.ts";

const listing = { market: "FUT", step_size: "0.001", min_qty: "0.001", min_notional: "5" } as const;
const STAGES = [0.1, 0.2, 0.3].map((roe) => ({ roe, close: 0.25 }));
const INSTRUMENT = "FUT:BTCUSDT";

function opened(seq = 4): Trade {
  const params = { rules: { stages: STAGES }, taker_fee: 0, best_roe: 0 };
  const named = { trade_id: "t", account: "main", instrument: INSTRUMENT, strategy_id: "s", side: "BUY" } as const;
  const trade = emptyTrade({ ...named, leverage: 20, params, config_rev: 1 }, 0);
  return { ...trade, status: "ACTIVE", entry_qty: "1", open_qty: "1", avg_entry: "100", seq };
}
function asksStage(trade: Trade, qty = "0.25") {
  const ask = stageAsk({ qty, stage: trade.stage + 1, reason: "" });
  const intent = intentOf(trade, ask, intentSeq(trade));
  return { intent, trade: asked(trade, ask, { intent, now: 1 }) };
}
const told = (trade: Trade, intent_id: string, qty = "0.25") =>
  withStageOf(trade, { intent_id, qty: "0.1" }, { listing, intent: { qty } });

describe("a stage's fill", () => {
  test("of an ask that is not known counts as taken, once, and later asks have higher numbers", () => {
    const learnt = told(opened(), "t:TP:6");
    expect(learnt).toMatchObject({ stage: 1, seq: 6 });
    expect(told(learnt, "t:TP:6")).toEqual(learnt);
    expect(told(learnt, "t:TP:9")).toMatchObject({ stage: 2, seq: 9 });
  });

  test("of more than one stage's quantity counts as so many", () => {
    expect(told(opened(), "t:TP:5", "0.5")).toMatchObject({ stage: 2 });
    expect(told(opened(), "t:TP:5", "0.123")).toMatchObject({ stage: 1 });
  });

  test("of an ask that is known, answered or not, changes nothing", () => {
    const { trade, intent } = asksStage(opened());
    expect(told(trade, intent.intent_id).stage).toBe(1);
    const answered = answeredTrade(trade, intent, false) as Trade;
    expect(told(answered, intent.intent_id)).toEqual(answered);
  });

  test("under the name that is asked for anew stays taken, whether its refusal comes before or after it", () => {
    const { trade, intent } = asksStage(opened());
    const heardFirst = answeredTrade(told(trade, intent.intent_id), intent, true) as Trade;
    const refusedFirst = told(answeredTrade(trade, intent, true) as Trade, intent.intent_id);
    for (const each of [heardFirst, refusedFirst]) {
      expect(each).toMatchObject({ stage: 1, seq: 5 });
      expect(paramsOf(each)).toMatchObject({ taken: ["t:TP:5"] });
      expect(paramsOf(each).pending).toBeUndefined();
    }
  });

  test("under another name takes the place of what is asked for: it was decided without it", () => {
    const { trade, intent } = asksStage(opened());
    const learnt = told(trade, "t:TP:8");
    expect(learnt).toMatchObject({ stage: 1, seq: 8 });
    expect(answeredTrade(learnt, intent, true)).toBeUndefined();
  });

  test("asked for before stages were noted one by one is not counted again", () => {
    expect(told(opened(), "t:TP:4")).toEqual(opened());
    expect(told(opened(), "t:entry")).toEqual(opened());
    expect(told(opened(), "other:TP:9")).toEqual(opened());
  });
});
