/** What the gateway answers that is not already a domain shape. Money is decimal strings, times epoch ms. */
import type { Kline } from "../../../../shared/domain/market.ts";
import type { HealthLevel } from "../../../../shared/streams.ts";

export interface Listing<T> {
  items: T[];
  next_cursor?: string;
}
export interface Me {
  username: string;
  role: string;
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
}
export const KILL_MODES = ["HALT", "CANCEL", "FLATTEN"] as const;
export type KillMode = (typeof KILL_MODES)[number];
export interface Kill {
  enabled: boolean;
  mode: KillMode;
  epoch: number;
  reason: string;
  actor: string;
  ts: number;
}
export interface KillAnswer {
  enabled: boolean;
  epoch: number;
  /** What is not done yet, each as a short text. */
  outstanding: string[];
}
export interface History {
  source: string;
  items: Kline[];
}
export interface Hello {
  now: number;
  mode: string;
  venue: string;
}
/** One live event as the gateway wraps it. */
export interface Envelope {
  key: string;
  ts: number;
  event: unknown;
}
