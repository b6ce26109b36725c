/** What can happen to services, stores and the exchange in the middle of their work, for drills to let happen. */
import { Database } from "bun:sqlite";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { entry } from "./account.fixture.ts";
import { openFolder, storeFiles } from "./folder.ts";
import { type Running, until } from "./process.fixture.ts";
import { killed, programOf, programs, stopped } from "./troubles.fixture.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
/** One that was sent without an answer is first proven absent, which takes a minute. */
const TRANSFER_MS_MAX = 120_000;
const MIDDLE_MS = 100;
const CHUNK_BYTES = 256 * 1024;

/** Kills several at the same moment, and waits until the supervisor has all up again. */
export async function allKilled(running: Running, names: readonly string[]): Promise<void> {
  const before = names.map((name) => programOf(running, name));
  for (const { pid } of before) process.kill(pid as number, "SIGKILL");
  await until("all killed run again", async () =>
    before.every(({ name, restarts }) => {
      const now = programOf(running, name);
      return now.restarts > restarts && now.status === "up";
    }),
  );
}

/** Every service, not Redis and not the exchange. */
export const everyService = (running: Running): string[] =>
  programs(running).flatMap(({ name }) => (/^s\d\d-/.test(name) ? [name] : []));

/** Funds are asked for, allowed while something happens, and moved in the end: once, as the judge will see. */
export async function transferDespite(running: Running, happens: () => Promise<void>): Promise<void> {
  const wanted = { from: "SPOT", to: "FUT", amount_usdt: "25", reason: "a drill" };
  const { body } = await running.post<{ transfer_id: string }>("/treasury/transfer", wanted);
  const path = `/approvals/${body.transfer_id}`;
  const approve = () => running.post(`${path}/approve`, {}).catch(() => "cut off");
  const cutOff = approve();
  await happens();
  await cutOff;
  const isMade = async () => {
    const { state } = await running.get<{ state: string }>(path);
    if (state === "PENDING") await approve();
    return state === "DONE";
  };
  await until("the transfer is made", isMade, TRANSFER_MS_MAX);
}

/** The reconciler is killed while it compares; asked again, both sides agree. */
export async function killedInReconciliation(running: Running): Promise<void> {
  const ask = () => running.post<{ summary?: { agreement: number } }>("/reconcile", { mode: "ALL" });
  const cutOff = ask().catch(() => "cut off");
  await Bun.sleep(MIDDLE_MS);
  await killed(running, "s05-reconciler");
  await cutOff;
  await until("a reconciliation ends", async () => (await ask()).status < 300);
}

/** The position manager sleeps for `ms`: ten seconds on, entries are refused with the reason. */
export function positionsAway(running: Running, ms: number): Promise<void> {
  return stopped(running, "s06-position", async () => {
    const end = Bun.sleep(ms);
    let nth = 0;
    await until(
      "entries are refused",
      async () => {
        const intent = await entry(running, `away-${Date.now()}-${nth++}`, "FUT:BTCUSDT");
        return (await running.post("/orders", { intent })).status === 503;
      },
      ms,
    );
    await end;
  });
}

/** Another process holds the write lock of all files of a service's store. */
export async function storeLocked({ data }: Running, owner: ServiceId, ms: number): Promise<void> {
  const files = storeFiles(openFolder(data, ORIGIN), owner);
  const held = files.map((file) => new Database(file));
  try {
    for (const each of held) {
      each.run("PRAGMA busy_timeout = 10000");
      each.run("BEGIN IMMEDIATE");
    }
    await Bun.sleep(ms);
  } finally {
    for (const each of held) each.close();
  }
}

/** The file system of the stores is full; only where they lie on a small one of their own. */
export async function storesFull({ data }: Running, ms: number): Promise<void> {
  const ballast = join(data, "stores", "ballast");
  const end = Bun.sleep(ms);
  try {
    fill(ballast);
    await end;
  } finally {
    rmSync(ballast, { force: true });
  }
}

/** Until not one byte is left. */
function fill(file: string): void {
  for (let bytes = CHUNK_BYTES; bytes >= 1; ) {
    try {
      writeFileSync(file, Buffer.alloc(bytes), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      bytes = Math.floor(bytes / 2);
    }
  }
}
