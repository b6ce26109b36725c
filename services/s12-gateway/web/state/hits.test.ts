import { expect, test } from "bun:test";
import { MESSAGES } from "../i18n/translate.ts";
import { HIT_KINDS, placeOf } from "./hits.ts";

const ts = new Date(2026, 0, 5, 23, 30).getTime();

test("a hit leads to where it is shown whole; of what is in a list, to its local day", () => {
  const hit = { id: "x1", ts };
  expect(placeOf("orders", hit)).toEqual({ page: "orders", id: "x1" });
  expect(placeOf("reconciliations", hit)).toEqual({ page: "reconciliation", id: "x1" });
  expect(placeOf("decisions", hit)).toEqual({ subject: { kind: "decision", id: "x1" } });
  expect(placeOf("audit", hit)).toEqual({ page: "audit", id: "", asked: { from: "2026-01-05", to: "2026-01-05" } });
  expect(placeOf("alerts", { id: "a1" })).toMatchObject({ page: "health", asked: {}, subject: { kind: "alert" } });
  expect(placeOf("log_events", hit)).toMatchObject({ page: "health", id: "logs", asked: { from: "2026-01-05" } });
  expect(placeOf("strategy_events", { id: "e1" })).toEqual({ page: "health", id: "actions", asked: {} });
  expect(placeOf("intents", hit)).toBeUndefined();
});
test("every kind has a name in each language", () => {
  for (const kind of HIT_KINDS) {
    for (const texts of Object.values(MESSAGES)) expect(texts[`hits.${kind}`]).toBeString();
  }
});
