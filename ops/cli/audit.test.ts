import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { AuditLog } from "../../services/s12-gateway/audit.ts";
import type { AuditProof } from "../../services/s12-gateway/audit-proof.ts";
import { FolderBlobs } from "../../shared/adapters/files.ts";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { type OpsEvent, opsEvents } from "../../shared/streams.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { openFolder, storeFile } from "../run/folder.ts";
import { command, proofOf, report } from "./audit.ts";

const NOW = 1_764_000_000_000;
const path = newFolder();
const folder = openFolder(path, { mode: "paper", venue: "paper", account: "main" }, { shards: 2 });
const open = (owner: "s04" | "s12", shard?: number) =>
  openStore({
    ...{ path: storeFile(folder, owner, shard), owner, collections: COLLECTIONS },
    ...(shard !== undefined && { shard }),
  });

/** Both shards of S4 make entries; those of shard 1 all but the last reach S12, which anchors them. */
beforeAll(async () => {
  const clock = new VirtualClock(NOW);
  const gateway = open("s12");
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const audit = new AuditLog({ store: gateway, blobs: new FolderBlobs(folder.blobs), clock, log: quiet, alert() {} });
  for (const shard of [0, 1]) {
    const store = open("s04", shard);
    for (let n = 1; n <= 4; n++) {
      const event = { source: "s04", actor: "=cmd", what: "w", ref: `${shard}/${n}`, outcome: "ok", ts: NOW + n };
      await store.commit([emit(opsEvents, event)]);
    }
    const told = (await store.outbox.read(9)).slice(0, shard === 1 ? 3 : 4);
    for (const { id, event } of told) await audit.hear(event as OpsEvent, { id });
    await store.close();
  }
  await audit.anchor();
  await gateway.close();
});
afterAll(() => removeFolder(path));

const plain = (proof: AuditProof) => report(proof).map((line) => Bun.stripANSI(line));
/** Runs SQL on the gateway's file, as somebody with the file in hand would, and takes it back afterwards. */
async function tampered(sql: string): Promise<AuditProof> {
  const db = new Database(storeFile(folder, "s12"));
  db.run("CREATE TABLE kept AS SELECT * FROM c_audit_log");
  try {
    db.run(sql);
    return await proofOf(path);
  } finally {
    db.run("DELETE FROM c_audit_log");
    db.run("INSERT INTO c_audit_log SELECT * FROM kept");
    db.run("DROP TABLE kept");
    db.close();
  }
}

test("an installation's log is proved from its files, with what is still on its way", async () => {
  const proof = await proofOf(path);
  expect(proof).toMatchObject({ ok: true, entries: 7, old_entries: 0, anchors: 1, anchored_seq: 7, faults: [] });
  expect(proof.pending).toEqual([{ owner: "s04.1", from: 4, to: 4 }]);
  expect(plain(proof)[0]).toBe("● 7 entries whole, in their order, as they were written");
});

test("what somebody with the file in hand does to it is found and located", async () => {
  const doc = (change: string) => `UPDATE c_audit_log SET doc = ${change} WHERE f_seq = 3`;
  const edited = await tampered(doc("json_set(doc, '$.actor', 'nobody')"));
  expect(edited.faults).toMatchObject([{ kind: "CHANGED", from: 3, to: 3 }]);
  expect(plain(edited).at(-1)).toStartWith("CHANGED  entry 3: it is not what its hash says");
  const deleted = await tampered("DELETE FROM c_audit_log WHERE f_seq = 3");
  expect(deleted.faults).toMatchObject([
    { kind: "DELETED", from: 3, to: 3 },
    { kind: "OWNER_GAP", owner: "s04.0", from: 3, to: 3 },
  ]);
  const cut = await tampered("DELETE FROM c_audit_log WHERE f_seq > 5");
  expect(cut.faults).toMatchObject([{ kind: "TRUNCATED", from: 6, to: 7 }]);
  const slipped = "INSERT INTO c_audit_log (_key, _rev, doc) VALUES ('x', 1, '{\"audit_id\":\"x\"}')";
  expect((await tampered(slipped)).faults).toMatchObject([{ kind: "OLD_CHANGED" }]);
  expect((await tampered("SELECT 1")).ok).toBe(true);
});

test("an export has all fields as they are hashed, or columns in which nothing becomes a formula", async () => {
  const exported = async (...args: string[]) => {
    const out = join(path, "exported");
    expect(await command.run(["export", "--data", path, "--out", out, ...args])).toBe(0);
    return (await Bun.file(out).text()).trim().split(/\r?\n/);
  };
  const lines = await exported("--from", String(NOW + 2), "--to", String(NOW + 4));
  expect(lines.map((line) => (JSON.parse(line) as OpsEvent).ref).toSorted()).toEqual(["0/2", "0/3", "1/2", "1/3"]);
  const rows = await exported("--format", "csv");
  expect(rows).toHaveLength(8);
  expect(rows[0]).toStartWith("ts,seq,actor,what,ref,outcome,source,");
  expect(rows[1]).toContain(",'=cmd,");
});

test("what is no installation, no command and no format is said", async () => {
  await expect(proofOf("/nowhere")).rejects.toThrow("holds no installation");
  await expect(command.run(["prove"])).rejects.toThrow('There is no audit command "prove"');
  await expect(command.run(["export", "--data", path, "--format", "xml"])).rejects.toThrow("--format is one of");
});

test("heads in Blobs that are not the log's show that it was written anew", async () => {
  const day = join(folder.blobs, "audit", "heads", `${new Date(NOW).toISOString().slice(0, 10)}.jsonl`);
  appendFileSync(day, `\n${JSON.stringify({ seq: 5, hash: "f".repeat(64), ts: NOW })}\n`);
  expect((await proofOf(path)).faults).toMatchObject([{ kind: "REWRITTEN", from: 1, to: 5 }]);
});
