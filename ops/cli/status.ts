/** `status`: one line a service, and what the account holds. */
import { join, resolve } from "node:path";
import type { Health } from "../../shared/kit/health.ts";
import type { Service } from "../../shared/kit/service.ts";
import { runningPid } from "../run/folder.ts";
import { loadServices } from "../services.ts";
import type { Command } from "./command.ts";
import { ask, mintFor, portOf } from "./gate.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { replicasSeen } from "./replicas.ts";
import { describeStandby } from "./standby.ts";
import { bold, dim, green, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera status [--data DIR] [--json]

Says whether it runs, how each service is, which shards nobody holds, and what the account holds; of a standby, how far
behind it is.
Exits with 1 when something is wrong.`;

interface Row {
  service: string;
  replica: number;
  port: number;
  /** Shards held of how many; of a service that is not split or replicated there is nothing to say. */
  shards: string | undefined;
  /** The same as numbers, from 0; missing where all services run in one process, and of one that is down. */
  shards_held: number[] | undefined;
  shard_count: number | undefined;
  status: Health["status"] | "DOWN";
  ready: boolean;
  failed: string[];
}

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  });
  const pid = runningPid(join(resolve(values.data), "chimera.pid"));
  const standby = describeStandby(values.data, pid);
  if (standby) {
    if (values.json) print(JSON.stringify(standby.json));
    else for (const line of standby.lines) print(line);
    return pid === undefined ? 1 : 0;
  }
  const services = await loadServices();
  const rows = pid === undefined ? [] : (await Promise.all(services.map((s) => rowsOf(s, values.data)))).flat();
  const account = pid === undefined ? {} : await holdings(services, values.data);
  const free = shardsFree(rows);
  const healthy = rows.length > 0 && rows.every((row) => row.ready) && free.length === 0;
  if (values.json) {
    const state = { running: pid !== undefined, pid, healthy, services: rows, shards_free: free };
    print(JSON.stringify({ ...state, ...account }));
  } else show(values.data, { pid, rows, account, free });
  return healthy ? 0 : 1;
}

const rowsOf = (service: Service, data: string): Promise<Row[]> =>
  Promise.all(replicasSeen(resolve(data), service).map((replica, _at, all) => rowOf(service, replica, all.length)));

async function rowOf(service: Service, replica: number, replicas: number): Promise<Row> {
  const health = await ask<Health>(service, "/health", { replica });
  const failed = (health?.checks ?? []).filter((c) => c.status === "FAILED").map((c) => `${c.name}: ${c.error ?? ""}`);
  return {
    service: service.name,
    replica,
    port: portOf(service, replica),
    shards: shardsText(health, replicas),
    shards_held: health?.shards,
    shard_count: health?.shard_count,
    status: health?.status ?? "DOWN",
    ready: health?.ready ?? false,
    failed,
  };
}

function shardsText(health: Health | undefined, replicas: number): string | undefined {
  const { shards, shard_count = 1 } = health ?? {};
  if (!shards || (shard_count === 1 && replicas === 1)) return undefined;
  if (shard_count === 1) return shards.length === 1 ? "leads" : "stands by";
  return shards.length === 0 ? `no shard of ${shard_count}` : `shards ${shards.join(", ")} of ${shard_count}`;
}

interface Holdings {
  equity?: unknown;
  budget?: unknown;
  health_level?: unknown;
}

async function holdings(services: readonly Service[], data: string): Promise<Holdings> {
  const from = async (id: string, path: string) => {
    const service = services.find((s) => s.id === id);
    return (
      service && ask<Record<string, unknown>>(service, path, { token: await mintFor(data, service, "viewer", 60_000) })
    );
  };
  const [equity, budget, health_level] = await Promise.all([
    from("s06", "/equity"),
    from("s04", "/budget"),
    from("s11", "/health-level"),
  ]);
  return { equity, budget, health_level };
}

interface Free {
  service: string;
  shards: number[];
  shard_count: number;
}

/** Shards that no replica which answers holds; of a service that is down altogether its rows say enough. */
export function shardsFree(rows: readonly Pick<Row, "service" | "shards_held" | "shard_count">[]): Free[] {
  return [...Map.groupBy(rows, (row) => row.service)].flatMap(([service, replicas]) => {
    const shard_count = Math.max(0, ...replicas.map((row) => row.shard_count ?? 0));
    const held = new Set(replicas.flatMap((row) => row.shards_held ?? []));
    const shards = Array.from({ length: shard_count }, (_, shard) => shard).filter((shard) => !held.has(shard));
    return shards.length === 0 ? [] : [{ service, shards, shard_count }];
  });
}

const freeText = ({ service, shards, shard_count }: Free): string =>
  shard_count === 1
    ? `Nobody leads ${service}.`
    : `Nobody holds shard${shards.length > 1 ? "s" : ""} ${shards.join(", ")} of ${shard_count} of ${service}.`;

interface Shown {
  pid: number | undefined;
  rows: Row[];
  account: Holdings;
  free: Free[];
}

function show(data: string, { pid, rows, account, free }: Shown): void {
  if (pid === undefined) {
    print(`${dim("○")} Not running on ${resolve(data)}. ${bold("./chimera up")} starts it.`);
    return;
  }
  for (const row of rows) {
    const light = row.ready ? (row.status === "OK" ? green("●") : yellow("●")) : red("●");
    const why = row.failed.length > 0 ? dim(`  ${row.failed.join("; ")}`) : "";
    const name = row.replica === 1 ? row.service : `${row.service}.${row.replica}`;
    const shards = row.shards === undefined ? "" : `  ${row.shards}`;
    print(`${light} ${name.padEnd(16)} ${String(row.port).padEnd(6)} ${row.status}${shards}${why}`);
  }
  for (const each of free)
    print(red(`\n${freeText(each)} A replica takes over within seconds; if not, look at its log.`));
  const { equity, budget, health_level } = account as Record<string, Record<string, unknown> | undefined>;
  if (equity) print(`\nEquity ${bold(String(equity.equity_usdt))} USDT, today ${equity.pnl_today_usdt} USDT`);
  if (budget) print(`Risk   ${budget.used_usdt} used + ${budget.reserved_usdt} reserved of ${budget.budget_usdt} USDT`);
  if (health_level) print(`Health ${health_level.level}`);
}

export const command: Command = { usage, run };
