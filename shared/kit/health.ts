/** Health of one service: its checks, run side by side and each within a time, as /health and /ready tell it. */
import type { ConfigStanding } from "./config.ts";
import type { Clock } from "./ports.ts";
import type { Check, Service } from "./service.ts";
import type { World } from "./world.ts";

const CHECK_MS_MAX = 2_000;

export interface CheckResult {
  name: string;
  critical: boolean;
  status: "OK" | "FAILED";
  latency_ms: number;
  error?: string;
}
export interface Health {
  service: string;
  title: string;
  version: string;
  git_commit: string;
  built_at: string;
  replica: string;
  /** DEGRADED: something non-critical is wrong. ERROR: it cannot do its main verb. */
  status: "OK" | "DEGRADED" | "ERROR";
  ready: boolean;
  ts: number;
  uptime_ms: number;
  config_rev: number;
  /** For a share of the triggers, while a promotion is under way. */
  config_canary_rev?: number;
  config_promotion_id?: string;
  /** A revision that could not be loaded, and why; the one before goes on. */
  config_refused?: { rev: number; error: string };
  /** The shards that this replica holds, of how many; missing where all services run in one process. */
  shards?: number[];
  shard_count?: number;
  checks: CheckResult[];
}

export async function healthOf(
  service: Service,
  world: World,
  state: { startedAt: number; started: boolean; stopping: boolean; config: ConfigStanding; checks: readonly Check[] },
): Promise<Health> {
  const checks = await Promise.all(state.checks.map((check) => runCheck(check, world.clock)));
  const failed = checks.filter((check) => check.status === "FAILED");
  const broken = failed.some((check) => check.critical);
  return {
    service: service.name,
    title: service.title,
    ...world.build,
    replica: world.replica,
    status: broken ? "ERROR" : failed.length > 0 ? "DEGRADED" : "OK",
    ready: state.started && !state.stopping && !broken,
    ts: world.clock.now(),
    uptime_ms: world.clock.now() - state.startedAt,
    config_rev: state.config.rev,
    ...(state.config.canary_rev !== undefined && { config_canary_rev: state.config.canary_rev }),
    ...(state.config.promotion_id !== undefined && { config_promotion_id: state.config.promotion_id }),
    ...(state.config.refused && { config_refused: state.config.refused }),
    checks,
  };
}

async function runCheck(check: Check, clock: Clock): Promise<CheckResult> {
  const started = clock.mono();
  let error: string | undefined;
  let cancel = () => {};
  const late = new Promise<string>((resolve) => {
    cancel = clock.after(CHECK_MS_MAX, () => resolve(`no answer in ${CHECK_MS_MAX} ms`));
  });
  try {
    error = await Promise.race([Promise.resolve(check.run()), late]);
  } catch (thrown) {
    error = thrown instanceof Error ? thrown.message : String(thrown);
  } finally {
    cancel();
  }
  const { name, critical } = check;
  const result = { name, critical, latency_ms: Math.round((clock.mono() - started) * 100) / 100 };
  return error === undefined ? { ...result, status: "OK" } : { ...result, status: "FAILED", error };
}
