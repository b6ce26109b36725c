/** What S2 and S3 keep: moments to decide on, decisions, what people paused. */
import { z } from "@hono/zod-openapi";
import { Decision, Signal } from "../domain/decision.ts";
import { InstrumentId } from "../domain/instrument.ts";
import { pauseKey } from "../keys.ts";
import { collection, RECORDS_DAYS } from "./declare.ts";

export const signalsSeen = collection({
  name: "signals",
  about: "Moments to decide on, with their feature snapshots",
  owner: "s02",
  schema: Signal,
  key: (s) => s.signal_id,
  indexes: [["ts"], ["instrument", "ts"], ["strategy_id", "ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
export const decisionsMade = collection({
  name: "decisions",
  about: "What was decided on each signal, with every reason",
  owner: "s03",
  schema: Decision,
  key: (d) => d.signal_id,
  indexes: [["ts"], ["instrument", "ts"], ["strategy_id", "ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});

/** An entry that the router did not take, with its word; what it took is in `intents`. */
export const DecisionOutcome = z.object({
  signal_id: z.string(),
  intent_id: z.string(),
  instrument: z.string(),
  code: z.string(),
  message: z.string(),
  tries: z.number().int(),
  ts: z.number(),
});
export type DecisionOutcome = z.output<typeof DecisionOutcome>;
export const decisionOutcomes = collection({
  name: "decision_outcomes",
  about: "Entries that the router did not take, with its word",
  owner: "s03",
  schema: DecisionOutcome,
  key: (o) => o.signal_id,
  indexes: [["ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});

export const strategyMarks = collection({
  name: "strategy_marks",
  about: "Small durable facts of S3: the health level last heard",
  owner: "s03",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});

/** What is paused: a strategy, everywhere or on one instrument. Absent: not paused. */
export const StrategyPause = z.object({
  strategy_id: z.string(),
  instrument: InstrumentId.optional(),
  actor: z.string(),
  reason: z.string(),
  ts: z.number(),
});
export type StrategyPause = z.output<typeof StrategyPause>;
export const strategyPauses = collection({
  name: "strategy_pauses",
  about: "Strategies that people paused, everywhere or on one instrument",
  owner: "s03",
  schema: StrategyPause,
  key: (p) => pauseKey(p.strategy_id, p.instrument),
});
