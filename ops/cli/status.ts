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
import { bold, dim, green, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera status [--data DIR] [--json]

Says whether it runs, how each service is, and what the account holds. Exits with 1 when something is wrong.`;

interface Row {
  service: string;
  replica: number;
  port: number;
  /** Shards held of how many; of a service that is not split or replicated there is nothing to say. */
  shards: string | undefined;
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
  const services = await loadServices();
  const rows = pid === undefined ? [] : (await Promise.all(services.map((s) => rowsOf(s, values.data)))).flat();
  const account = pid === undefined ? {} : await holdings(services, values.data);
  const healthy = rows.length > 0 && rows.every((row) => row.ready);
  if (values.json) print(JSON.stringify({ running: pid !== undefined, pid, healthy, services: rows, ...account }));
  else show(values.data, { pid, rows, account });
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

function show(data: string, { pid, rows, account }: { pid: number | undefined; rows: Row[]; account: Holdings }): void {
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
  const { equity, budget, health_level } = account as Record<string, Record<string, unknown> | undefined>;
  if (equity) print(`\nEquity ${bold(String(equity.equity_usdt))} USDT, today ${equity.pnl_today_usdt} USDT`);
  if (budget) print(`Risk   ${budget.used_usdt} used + ${budget.reserved_usdt} reserved of ${budget.budget_usdt} USDT`);
  if (health_level) print(`Health ${health_level.level}`);
}

export const command: Command = { usage, run };
