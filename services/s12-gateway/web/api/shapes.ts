/** What the gateway answers that is not already a domain shape. Money is decimal strings, times epoch ms. */
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import type { Kline } from "../../../../shared/domain/market.ts";
import type { HealthLevel, Reconciliation } from "../../../../shared/streams.ts";
import type { Role } from "./people-shapes.ts";

export interface Listing<T> {
  items: T[];
  next_cursor?: string;
}
export interface Me {
  username: string;
  role: Role;
  /** The password was given by somebody else: nothing but changing it is allowed. */
  must_change_password?: boolean;
  /** Whether a code or a passkey is asked for beside the password; missing where the gateway does not tell. */
  second_factor?: boolean;
  /** Whether codes of an app are one; missing where the gateway does not tell. */
  app_codes?: boolean;
  recovery_codes_left?: number;
}
export interface Equity {
  equity_usdt: string;
  pnl_today_usdt: string;
  /** Fraction below the peak. */
  drawdown: number;
  peak_usdt: string;
  open_pnl_usdt: string;
  ts: number;
}
export interface Budget {
  budget_usdt: string;
  used_usdt: string;
  reserved_usdt: string;
  open_positions: number;
}
export interface ActiveConfig {
  rev: number;
  bundle_id: string;
  hash: string;
  activated_at: number;
  bundle?: Bundle;
  /** While a promotion gives another revision a share of the triggers. */
  canary?: {
    promotion_id: string;
    rev: number;
    bundle_id: string;
    hash: string;
    traffic_pct: number;
    /** Epoch ms. */
    until: number;
  };
}
export interface Health {
  level: HealthLevel;
  reasons: string[];
  ts: number;
}
export type ServiceStatus = "OK" | "DEGRADED" | "ERROR" | "DOWN";
export interface Check {
  name: string;
  critical?: boolean;
  status: string;
  latency_ms?: number;
  error?: string;
}
export interface ServiceRow {
  id: string;
  name: string;
  title: string;
  port: number;
  status: ServiceStatus;
  checks: Check[];
  /** Missing where the service is not split. */
  shard_count?: number;
  shards_free: number[];
  replicas: ReplicaRow[];
}
export interface ReplicaRow {
  /** From 1. */
  replica: number;
  status: ServiceStatus;
  /** Missing of one that does not answer. */
  role?: "alone" | "leads" | "stands_by" | "shares";
  shards: number[];
  config_rev: number;
  uptime_ms: number;
  checks: Check[];
}
export interface Services extends Listing<ServiceRow> {
  mode: string;
  venue: string;
  /** single: one person may allow what they asked for themselves. */
  approvals: "single" | "two";
}
export interface AlertRow {
  alert_id: string;
  severity: "INFO" | "WARN" | "ERROR" | "FATAL";
  source: string;
  code?: string;
  message: string;
  ts: number;
  count?: number;
  state?: string;
  action_taken?: string;
  runbook?: string;
  acked_by?: string;
  escalated_at?: number;
  silenced_until?: number;
}
export const KILL_MODES = ["HALT", "CANCEL", "FLATTEN"] as const;
export type KillMode = (typeof KILL_MODES)[number];
export interface History {
  source: string;
  items: Kline[];
}

export type ManageAction = "TRAIL_SL" | "PARTIAL_TP" | "ADD_IF_OK" | "SET_STOP" | "CLOSE";
export interface ManageRequest {
  instruments: string[];
  actions: ManageAction[];
  stop_price?: string;
}
interface Reduction {
  trade_id: string;
  instrument: string;
  qty: string;
  reason: string;
}
export interface ManageAnswer {
  plan: {
    stop_moves: { trade_id: string; instrument: string; stop_price: string; reason: string }[];
    reduces: Reduction[];
    adds: Reduction[];
  };
  managed: string[];
  orders: string[];
  /** `trade_id` is empty where no trade is open. */
  errors: { trade_id: string; instrument: string; action: ManageAction; message: string }[];
}

export type Wallet = "SPOT" | "FUT";
export interface TransferRequest {
  from: Wallet;
  to: Wallet;
  amount_usdt: string;
  reason: string;
}
export interface TransferAnswer {
  transfer_id: string;
  status: "PENDING_APPROVAL" | "OK" | "FAIL" | "UNKNOWN";
  message?: string;
}
export const RECONCILIATION_MODES = ["ALL", "ORDERS", "POSITIONS", "HOLDINGS"] as const;
export const ORPHAN_POLICIES = ["CONSERVATIVE", "RECLAIM_IF_SAFE"] as const;
export interface ReconcileRequest {
  mode: (typeof RECONCILIATION_MODES)[number];
  orphan_policy: (typeof ORPHAN_POLICIES)[number];
  time_window_h: number;
}
export type ReconcileAnswer = Pick<Reconciliation, "run_id" | "summary" | "items">;

export const PNL_BY = ["strategy", "instrument", "day"] as const;
export type PnlBy = (typeof PNL_BY)[number];
/** Results of closed trades under one key. */
export interface PnlRow {
  key: string;
  trades: number;
  wins: number;
  realised_usdt: string;
  fees_usdt: string;
  funding_usdt: string;
  pnl_usdt: string;
}
export interface MetricSeries {
  metric: string;
  labels: Record<string, string>;
  /** Epoch ms and value, oldest first. */
  points: [number, number][];
}
