/** Every collection in the system, once, with its owner, key and indexes. */
import { z } from "@hono/zod-openapi";
import { Decision, Signal } from "./domain/decision.ts";
import { Instrument } from "./domain/instrument.ts";
import { Fill, Intent, Order, OrderAnswer } from "./domain/order.ts";
import { Balance, ExchangePosition, Trade } from "./domain/trade.ts";
import type { Collection, ServiceId } from "./kit/ports.ts";
import { Alert, OpsEvent } from "./streams.ts";

type Declared<T> = Omit<Collection<T>, "indexes" | "shardKey"> & { indexes?: string[][]; shardKey?: string };
const collection = <T>(c: Declared<T>): Collection<T> => ({ indexes: [], shardKey: "_key", ...c });

const RECORDS_DAYS = 400;
const SNAPSHOTS_DAYS = 120;

export const instrumentRegistry = collection({
  name: "instrument_registry",
  owner: "s01",
  schema: Instrument,
  key: (i) => i.instrument,
});
const BalanceSnapshot = z.object({
  snapshot_id: z.string(),
  account: z.string(),
  balances: z.array(Balance),
  ts: z.number(),
});
export const balancesSnapshots = collection({
  name: "balances_snapshots",
  owner: "s01",
  schema: BalanceSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

/** A bearer of the kill switch's state: S12's own, and the durable copies of S4 and S1. `epoch` only grows. */
export const KillState = z.object({
  id: z.literal("kill"),
  enabled: z.boolean(),
  mode: z.enum(["HALT", "CANCEL", "FLATTEN"]),
  epoch: z.number().int(),
  reason: z.string(),
  actor: z.string(),
  ts: z.number(),
});
export type KillState = z.output<typeof KillState>;
const killCopy = (owner: ServiceId, name: string) =>
  collection({ name, owner, schema: KillState, key: (k: KillState) => k.id });
export const killState = killCopy("s12", "kill_state");
export const exchangeKillCopy = killCopy("s01", "kill_copy_s01");
export const routerKillCopy = killCopy("s04", "kill_copy_s04");

export const signalsSeen = collection({
  name: "signals",
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
  owner: "s03",
  schema: DecisionOutcome,
  key: (o) => o.signal_id,
  indexes: [["ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});

/** Small durable facts of S4: the health level last heard. */
export const routerMarks = collection({
  name: "router_marks",
  owner: "s04",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});

/** Small durable facts of S3: the health level last heard. */
export const strategyMarks = collection({
  name: "strategy_marks",
  owner: "s03",
  schema: z.object({ id: z.string(), value: z.unknown(), ts: z.number() }),
  key: (m) => m.id,
});

/** What people paused: a strategy, by its id. Absent: not paused. */
export const StrategyPause = z.object({
  strategy_id: z.string(),
  actor: z.string(),
  reason: z.string(),
  ts: z.number(),
});
export type StrategyPause = z.output<typeof StrategyPause>;
export const strategyPauses = collection({
  name: "strategy_pauses",
  owner: "s03",
  schema: StrategyPause,
  key: (p) => p.strategy_id,
});

/** An intent as S4 keeps it: what was asked, where its plan stands, what it has reserved, its answer so far. */
export const IntentRecord = z.object({
  intent_id: z.string(),
  /** Hash of the intent as asked: a repeat with another body is refused. */
  body_hash: z.string(),
  intent: Intent,
  /** The decision that made it, embedded so that the tick path has one commit. */
  decision: Decision.optional(),
  state: z.enum(["RUNNING", "DONE"]),
  plan: z.unknown(),
  reserved_usdt: z.string(),
  answer: OrderAnswer,
  /** What the caller was told first: what a repeat gets. */
  first_answer: OrderAnswer.optional(),
  instrument: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
});
export type IntentRecord = z.output<typeof IntentRecord>;
export const intents = collection({
  name: "intents",
  owner: "s04",
  schema: IntentRecord,
  key: (r) => r.intent_id,
  indexes: [["state", "created_at"], ["created_at"], ["instrument", "created_at"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});
export const orders = collection({
  name: "orders",
  owner: "s04",
  schema: Order,
  key: (o) => o.client_order_id,
  indexes: [["created_at"], ["status", "created_at"], ["intent_id"], ["instrument", "created_at"], ["order_id"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "created_at",
});
export const fills = collection({
  name: "fills",
  owner: "s04",
  schema: Fill,
  key: (f) => `${f.instrument}/${f.fill_id}`,
  indexes: [["ts"], ["intent_id"], ["trade_id"], ["instrument", "ts"]],
  shardKey: "instrument",
  retentionDays: RECORDS_DAYS,
  retentionField: "ts",
});
/** What S4 holds open on one instrument: its own truth from fills, and the protection wanted for it. */
export const Holding = z.object({
  key: z.string(),
  account: z.string(),
  instrument: z.string(),
  /** Never below zero; `side` says which way. */
  qty: z.string(),
  avg_entry: z.string(),
  /** The side that opened it; none while flat. */
  side: z.enum(["BUY", "SELL"]).optional(),
  entry_intent_id: z.string().optional(),
  trade_id: z.string().optional(),
  signal_id: z.string().optional(),
  strategy_id: z.string().optional(),
  /** What the open quantity may lose at worst: its entries' reservations, as far as they are still held. */
  reserved_usdt: z.string(),
  stop_price: z.string().optional(),
  take_profit_price: z.string().optional(),
  working_type: z.enum(["MARK_PRICE", "CONTRACT_PRICE"]),
  /** The stop is watched here, because no order at the exchange covers the quantity. */
  guard: z.boolean(),
  /** Base units below what can be sold, left by earlier spot trades. */
  dust: z.string(),
  /** Number of the next protective leg of `entry_intent_id`. */
  next_leg: z.number().int(),
  updated_at: z.number(),
});
export type Holding = z.output<typeof Holding>;
export const holdings = collection({
  name: "router_holdings",
  owner: "s04",
  schema: Holding,
  key: (h) => h.key,
  shardKey: "instrument",
});

export const trades = collection({
  name: "trades",
  owner: "s06",
  schema: Trade,
  key: (t) => t.trade_id,
  indexes: [
    ["status", "opened_at"],
    ["status", "closed_at"],
    ["opened_at"],
    ["instrument", "opened_at"],
    ["strategy_id", "opened_at"],
  ],
  shardKey: "instrument",
});
const PositionSnapshot = z.object({
  snapshot_id: z.string(),
  positions: z.array(ExchangePosition),
  equity_usdt: z.string().optional(),
  ts: z.number(),
});
export const positionsSnapshots = collection({
  name: "positions_snapshots",
  owner: "s06",
  schema: PositionSnapshot,
  key: (s) => s.snapshot_id,
  indexes: [["ts"]],
  retentionDays: SNAPSHOTS_DAYS,
  retentionField: "ts",
});

/** A bundle with its state; the content hash covers `bundle` without rev, author and times. */
export const BundleRecord = z.object({
  bundle_id: z.string(),
  rev: z.number().int(),
  hash: z.string(),
  status: z.enum(["DRAFT", "STAGED", "ACTIVE", "ROLLED_BACK", "RETIRED"]),
  bundle: z.unknown(),
  author: z.string(),
  note: z.string().optional(),
  created_at: z.number(),
});
export type BundleRecord = z.output<typeof BundleRecord>;
export const configBundles = collection({
  name: "config_bundles",
  owner: "s10",
  schema: BundleRecord,
  key: (b) => `${b.bundle_id}@${b.rev}`,
  indexes: [["rev"], ["bundle_id", "rev"]],
});
export const ActiveRecord = z.object({
  id: z.literal("active"),
  rev: z.number().int(),
  bundle_id: z.string(),
  hash: z.string(),
  activated_at: z.number(),
});
export type ActiveRecord = z.output<typeof ActiveRecord>;
export const configActive = collection({ name: "config_active", owner: "s10", schema: ActiveRecord, key: (a) => a.id });

export const AlertRecord = Alert.extend({
  count: z.number().int(),
  first_ts: z.number(),
  state: z.enum(["OPEN", "ACKED", "RESOLVED"]),
  acked_by: z.string().optional(),
  runbook: z.string().optional(),
}).openapi("AlertRecord");
export type AlertRecord = z.output<typeof AlertRecord>;
export const alertsKept = collection({
  name: "alerts",
  owner: "s11",
  schema: AlertRecord,
  key: (a) => a.alert_id,
  indexes: [["ts"], ["severity", "ts"], ["state", "ts"]],
  search: ["message", "code", "source"],
});
/** One scrape of one service: every series (metric with its labels) and its value. */
export const Scrape = z.object({
  id: z.string(),
  service: z.string(),
  ts: z.number(),
  values: z.record(z.string(), z.number()),
});
export type Scrape = z.output<typeof Scrape>;
export const metricsTimeseries = collection({
  name: "metrics_timeseries",
  owner: "s11",
  schema: Scrape,
  key: (s) => s.id,
  indexes: [["ts"]],
  retentionDays: 2,
  retentionField: "ts",
});

export const User = z.object({
  username: z.string(),
  password_hash: z.string(),
  role: z.enum(["viewer", "researcher", "trader", "risk", "admin"]),
  disabled: z.boolean(),
  /** Tokens of an older generation are refused: it grows at logout, role change and new password. */
  generation: z.number().int(),
  created_at: z.number(),
});
export type User = z.output<typeof User>;
export const users = collection({ name: "users", owner: "s12", schema: User, key: (u) => u.username });
/** A sign-in; the key is a hash of the token, which itself is stored nowhere. */
export const sessions = collection({
  name: "sessions",
  owner: "s12",
  schema: z.object({
    id: z.string(),
    username: z.string(),
    generation: z.number().int(),
    created_at: z.number(),
    expires_at: z.number(),
  }),
  key: (s) => s.id,
  indexes: [["expires_at"]],
  retentionDays: 1,
  retentionField: "expires_at",
});
export const auditLog = collection({
  name: "audit_log",
  owner: "s12",
  schema: OpsEvent.extend({ audit_id: z.string() }),
  key: (a) => a.audit_id,
  indexes: [["ts"], ["actor", "ts"]],
  search: ["what", "ref", "actor"],
});

/** First answers to requests with an idempotency key; each service has its own. */
const FirstAnswer = z.object({
  id: z.string(),
  body_hash: z.string(),
  status: z.int(),
  answer: z.unknown(),
  ts: z.number(),
});
const OWNERS = ["s01", "s02", "s03", "s04", "s05", "s06", "s07", "s08", "s09", "s10", "s11", "s12"] as const;
const firstAnswersOf = (owner: ServiceId) =>
  collection({
    name: `first_answers_${owner}`,
    owner,
    schema: FirstAnswer,
    key: (a) => a.id,
    indexes: [["ts"]],
    retentionDays: 2,
    retentionField: "ts",
  });
type FirstAnswers = Record<ServiceId, Collection<z.output<typeof FirstAnswer>>>;
export const firstAnswers = Object.fromEntries(OWNERS.map((id) => [id, firstAnswersOf(id)])) as FirstAnswers;

export const COLLECTIONS: readonly Collection<never>[] = [
  instrumentRegistry,
  balancesSnapshots,
  exchangeKillCopy,
  signalsSeen,
  decisionsMade,
  decisionOutcomes,
  strategyMarks,
  strategyPauses,
  intents,
  orders,
  fills,
  holdings,
  routerKillCopy,
  routerMarks,
  trades,
  positionsSnapshots,
  configBundles,
  configActive,
  alertsKept,
  metricsTimeseries,
  users,
  sessions,
  killState,
  auditLog,
  ...Object.values(firstAnswers),
] as unknown as readonly Collection<never>[];
