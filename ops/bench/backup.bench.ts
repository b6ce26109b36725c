/** Benchmark: a backup, its repetition, its reading and its restore, of stores of a million documents in all. */
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../shared/adapters/clock.ts";
import { put } from "../../shared/changes.ts";
import { fills, orders } from "../../shared/collections/orders.ts";
import type { Fill, Order } from "../../shared/domain/order.ts";
import { installedIn } from "../backup/installed.ts";
import { makeBackup } from "../backup/make.ts";
import { openTarget } from "../backup/open-target.ts";
import { restoreBackup, verifyBackup } from "../backup/restore.ts";
import { openFolder } from "../run/folder.ts";
import { type Benchmark, type Result, type Row, summarise } from "./measure.ts";

const DOCUMENTS = 1_000_000;
const COMMIT_ROWS = 2_000;
const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const BUILD = { version: "0", git_commit: "", built_at: "" };
const MIB = 2 ** 20;

/** An order and its fill, of about half a kilobyte each. */
function traded(at: number): [Order, Fill] {
  const ts = 1_767_225_600_000 + at * 1_000;
  const id = `abcd-${(at * 2_654_435_761).toString(16).padStart(30, "0").slice(-30)}`;
  const of = { account: "main", instrument: "FUT:BTCUSDT", intent_id: `intent-${at}`, client_order_id: id } as const;
  const told = { kind: "ENTRY", side: at % 2 === 0 ? "BUY" : "SELL", price: String(60_000 + (at % 997)) } as const;
  const story = [{ ts, status: "NEW", by: "ANSWER", detail: "taken by the exchange" } as const];
  const order = {
    ...of,
    ...told,
    leg: "e0",
    type: "LIMIT",
    qty: "0.002",
    reduce_only: false,
    status: "FILLED",
  } as const;
  const fee = { fee: "0.0240", fee_asset: "USDT", fee_usdt: "0.0240", maker: false, mid_at_send: 60_000 };
  return [
    { ...order, order_id: String(at), filled_qty: "0.002", created_at: ts, updated_at: ts + 40, story } as Order,
    { ...of, ...told, ...fee, fill_id: String(at), order_id: String(at), qty: "0.002", slippage_bps: 0.4, ts } as Fill,
  ];
}

async function filled(data: string, env: Record<string, string>): Promise<void> {
  openFolder(data, ORIGIN);
  const { stores } = installedIn(data, env, wallClock());
  const s04 = stores.open("s04");
  for (let from = 0; from < DOCUMENTS / 2; from += COMMIT_ROWS / 2) {
    const rows = Array.from({ length: COMMIT_ROWS / 2 }, (_, at) => traded(from + at));
    await s04.commit(rows.flatMap(([order, fill]) => [put(orders, order), put(fills, fill)]));
  }
  await stores.close();
}

/** What it took by the wall's clock and of this process' processors, seconds. */
async function timed<T>(what: string, rows: Row[], work: () => T | Promise<T>): Promise<T> {
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const answer = await work();
  const { user, system } = process.cpuUsage(used);
  rows.push(summarise(what, "s", [(performance.now() - begun) / 1_000]));
  rows.push(summarise(`${what}, of the processor`, "s", [(user + system) / 1e6]));
  return answer;
}

async function run(): Promise<Result> {
  const root = mkdtempSync(join(tmpdir(), "chimera-bench-backup-"));
  const rows: Row[] = [];
  try {
    const key = join(root, "key");
    writeFileSync(key, "ab".repeat(32), { mode: 0o600 });
    const env = { CHIMERA_BACKUP_KEY_FILE: key, CHIMERA_BACKUP_TO: join(root, "backups") };
    const [data, clock] = [join(root, "data"), wallClock()];
    const { target } = openTarget(undefined, env, clock);
    await timed("filling the store", rows, () => filled(data, env));
    const file = join(data, "stores", "s04.sqlite");
    await timed("copying its file", rows, () => cpSync(file, join(root, "copy")));
    const backedUp = async () => {
      const installed = installedIn(data, env, clock);
      try {
        return await makeBackup({ installed, target, clock, build: BUILD });
      } finally {
        await installed.stores.close();
      }
    };
    const first = await timed("the first backup", rows, backedUp);
    const manifest = await timed("one more, nothing new", rows, backedUp);
    await timed("verify", rows, () => verifyBackup(target, manifest));
    const to = join(root, "restored");
    await timed("restore", rows, () => restoreBackup({ target, manifest, data: to, env, clock, only: [] }));
    const size = (bytes: number) => `${(bytes / MIB).toFixed(0)} MiB`;
    const { bytes, new_bytes } = first.size;
    const notes = [
      `${DOCUMENTS} documents: ${size(statSync(file).size)} as a file, ${size(bytes)} of records, ${size(new_bytes)} sealed`,
    ];
    return { rows, ratios: {}, notes };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export const benchmark: Benchmark = {
  what: "a backup and a restore of a million documents, beside the copy of the store's file",
  run,
};
