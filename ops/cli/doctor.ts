/** `doctor`: what is wrong with this machine and installation, and whether it may go live. */
import { existsSync, statfsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CheckItem } from "../../services/s01-exchange/live-checklist.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import type { Health } from "../../shared/kit/health.ts";
import type { Service } from "../../shared/kit/service.ts";
import { inspectBlobs } from "../run/blobs.ts";
import { describeKey } from "../run/exchange-keys.ts";
import { originOf, runningPid } from "../run/folder.ts";
import { findService, loadServices } from "../services.ts";
import type { Command } from "./command.ts";
import { ask, mintFor } from "./gate.ts";
import { DEFAULT_DATA, readOptions } from "./options.ts";
import { bold, dim, green, print, red, yellow } from "./terminal.ts";

const usage = `Usage: ./chimera doctor [--live] [--data DIR] [--json]

Looks at this machine and the installation in the folder, and says what is wrong and what to do about it.

  --live   the go-live checklist too: the key's rights, account, clock, market data, instruments, balances. It wants the
           installation to run, with ./chimera up --mode live

Exits with 0 when nothing that must hold is wrong.`;

const GIB = 1024 ** 3;
const FREE_GIB_MIN = 2;
const BUN_WANTED = "1.4";

async function run(args: string[]): Promise<number> {
  const { values } = readOptions(args, {
    live: { type: "boolean", default: false },
    data: { type: "string", default: DEFAULT_DATA },
    json: { type: "boolean", default: false },
  });
  const path = resolve(values.data);
  const services = await loadServices();
  const pid = runningPid(join(path, "chimera.pid"));
  const items = [...machine(path), ...folder(path, values.live)];
  items.push(...(await inspectBlobs({ env: process.env, data: path, clock: wallClock() })));
  if (pid !== undefined) items.push(...(await health(services)));
  if (values.live) items.push(...(await goLive(services, { path, isRunning: pid !== undefined })));
  const ok = items.every((item) => item.ok || !item.must);
  if (values.json) print(JSON.stringify({ ok, items }));
  else for (const line of report(items, ok)) print(line);
  return ok ? 0 : 1;
}

function machine(path: string): CheckItem[] {
  const there = existsSync(path) ? path : join(path, "..");
  const { bavail, bsize } = statfsSync(existsSync(there) ? there : "/");
  const free = (bavail * bsize) / GIB;
  return [
    {
      name: "bun",
      must: true,
      ok: Bun.version.startsWith(BUN_WANTED),
      detail: `${Bun.version}, made for ${BUN_WANTED}`,
    },
    {
      name: "disk",
      must: true,
      ok: free >= FREE_GIB_MIN,
      detail: `${free.toFixed(1)} GiB free, ${FREE_GIB_MIN} wanted`,
    },
  ];
}

function folder(path: string, wantsLive: boolean): CheckItem[] {
  const origin = originOf(path);
  if (!origin) {
    return [{ name: "data folder", must: wantsLive, ok: false, detail: `${path} holds no installation yet` }];
  }
  const isPrivate = (statSync(path).mode & 0o077) === 0;
  const kept: CheckItem = {
    name: "data folder",
    must: false,
    ok: isPrivate,
    detail: isPrivate ? `${path}, for you alone` : `others can look into ${path}: chmod 700 ${path}`,
  };
  if (origin.mode === "paper") return [kept];
  const key = describeKey({ path, origin });
  const detail = key ? `ends with ${key.ends_with}, set ${key.created_at}` : "none: ./chimera keys set stores one";
  const ofEnvironment = process.env.CHIMERA_API_KEY ?? process.env.CHIMERA_S01_API_KEY;
  return [kept, { name: "stored key", must: true, ok: key !== undefined || ofEnvironment !== undefined, detail }];
}

/** Each service as it says of itself. */
async function health(services: readonly Service[]): Promise<CheckItem[]> {
  return Promise.all(
    services.map(async (service): Promise<CheckItem> => {
      const told = await ask<Health>(service, "/ready");
      const failed = (told?.checks ?? []).filter((check) => check.status === "FAILED");
      const critical = failed.filter((check) => check.critical);
      const why = failed.map(({ name, error }) => `${name}: ${error ?? ""}`).join("; ");
      const detail = told === undefined ? "gives no answer" : why || "ready";
      return { name: service.name, must: true, ok: told !== undefined && critical.length === 0, detail };
    }),
  );
}

async function goLive(
  services: readonly Service[],
  { path, isRunning }: { path: string; isRunning: boolean },
): Promise<CheckItem[]> {
  const missing = (detail: string): CheckItem[] => [{ name: "go-live checklist", must: true, ok: false, detail }];
  if (!isRunning) return missing(`nothing runs on ${path}: ./chimera up --mode live --data ${path}`);
  const exchange = findService(services, "s01") as Service;
  const token = await mintFor(path, exchange, "viewer");
  const answer = await ask<{ items?: CheckItem[] }>(exchange, "/xchg/live/checklist", { token });
  return answer?.items ?? missing(`${exchange.name} gives no answer`);
}

function report(items: readonly CheckItem[], ok: boolean): string[] {
  const width = Math.max(...items.map((item) => item.name.length));
  const light = (item: CheckItem) => (item.ok ? green("●") : item.must ? red("●") : yellow("●"));
  const lines = items.map(
    (item) => `${light(item)} ${item.name.padEnd(width)}  ${item.ok ? dim(item.detail) : item.detail}`,
  );
  const wrong = items.filter((item) => !item.ok && item.must).length;
  return [...lines, "", bold(ok ? "Nothing that must hold is wrong." : `${wrong} of ${items.length} do not hold.`)];
}

export const command: Command = { usage, run };
