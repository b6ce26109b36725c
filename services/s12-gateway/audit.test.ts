import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { MemoryBlobs } from "../../shared/adapters/memory-blobs.ts";
import { openStore, type SqliteStore } from "../../shared/adapters/sqlite.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit, put, remove } from "../../shared/changes.ts";
import { type AuditEntry, auditHeads } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import { auditHeadsKey } from "../../shared/keys.ts";
import type { Context, Log } from "../../shared/kit/service.ts";
import { type OpsEvent, opsEvents } from "../../shared/streams.ts";
import { AuditLog } from "./audit.ts";
import { proveAudit } from "./audit-proof.ts";

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
const NOW = 1_764_000_000_000;
let clock: VirtualClock;
let store: SqliteStore;
let blobs: MemoryBlobs;
let audit: AuditLog;
beforeEach(() => {
  clock = new VirtualClock(NOW);
  store = openStore({ path: ":memory:", owner: "s12", collections: COLLECTIONS });
  blobs = new MemoryBlobs(clock);
  audit = restarted();
  alerts.splice(0);
});
afterEach(() => store.close());
const alerts: string[] = [];
const alert = (...[severity, code, , action]: Parameters<Context["alert"]>) =>
  void alerts.push(`${severity} ${code}: ${action}`);
const restarted = () => new AuditLog({ store, blobs, clock, log: quiet, alert });

/** An owner's entry as its store would number it. */
const event = (owner: string, owner_seq: number, more: Partial<OpsEvent> = {}): OpsEvent => ({
  ...{ source: owner.slice(0, 3), actor: "admin", what: "w", ref: `${owner}-${owner_seq}`, outcome: "ok", ts: NOW },
  ...{ owner, owner_seq, ...more },
});
const hear = (owner: string, owner_seq: number, more?: Partial<OpsEvent>) =>
  audit.hear(event(owner, owner_seq, more), { id: `${owner}-${owner_seq}` });
const prove = () => proveAudit(store, blobs, () => new Map());
const faults = async () => (await prove()).faults.map(({ kind, from, to }) => [kind, from, to]);
const entry = async (id: string) => (await store.get(auditLog, id))?.value as AuditEntry;

describe("what is heard is chained", () => {
  test("of two owners at once, each once and in one line", async () => {
    await Promise.all([1, 2, 3, 4].flatMap((n) => [hear("s04.0", n), hear("s12", n), hear("s04.0", n)]));
    expect(await prove()).toMatchObject({ ok: true, entries: 8, old_entries: 0, unnumbered: 0, head: { seq: 8 } });
  });
  test("and a repeat, also after a restart, changes nothing", async () => {
    await hear("s04", 1);
    const before = await entry("s04-1");
    audit = restarted();
    await hear("s04", 1, { what: "something else" });
    await hear("s04", 2);
    expect(await entry("s04-1")).toEqual(before);
    expect((await entry("s04-2")).prev_hash).toBe(before.hash as string);
    expect(await faults()).toEqual([]);
  });
  test("behind what was there before the chain, which cannot be changed from then on", async () => {
    for (const id of ["a", "b"])
      await store.commit([put(auditLog, { ...event("s01", 1), owner: undefined, audit_id: id })]);
    await hear("s04", 1);
    expect(await prove()).toMatchObject({ ok: true, entries: 1, old_entries: 2 });
    expect(await audit.head()).toMatchObject({ seq: 1, old_entries: 2 });
    await store.commit([remove(auditLog, "a")]);
    expect(await faults()).toEqual([["OLD_CHANGED", 0, 0]]);
  });
  test("whatever texts it has in it", async () => {
    const hostile = JSON.parse('{"\\ud800": "\\udfff", "deep": "x"}') as unknown;
    await hear("s04", 1, { actor: "\ud83d", after: hostile, before: { fine: "鍵" } });
    await hear("s04", 2);
    expect(await faults()).toEqual([]);
    expect(await entry("s04-1")).toMatchObject({ actor: "\ufffd", before: { fine: "鍵" } });
  });
});

describe("the head is kept in Blobs", () => {
  test("by the minute where it has grown, and every hundred entries", async () => {
    await audit.anchor();
    for (let n = 1; n <= 3; n++) await hear("s04", n);
    await audit.anchor();
    await audit.anchor();
    expect(await prove()).toMatchObject({ anchors: 1, anchored_seq: 3 });
    for (let n = 4; n <= 103; n++) await hear("s04", n);
    expect(await prove()).toMatchObject({ ok: true, anchors: 2, anchored_seq: 103 });
  });
  test("so that a log that was cut off, head and all, is found", async () => {
    for (let n = 1; n <= 5; n++) await hear("s04", n);
    await audit.anchor();
    const head = await entry("s04-3");
    const kept = (await store.get(auditHeads, "head"))!.value;
    const back = { ...kept, seq: 3, hash: head.hash as string };
    await store.commit([remove(auditLog, "s04-4"), remove(auditLog, "s04-5"), put(auditHeads, back)]);
    expect(await faults()).toEqual([["TRUNCATED", 4, 5]]);
    // Going on from there does not heal it.
    audit = restarted();
    await hear("s04", 6);
    await hear("s04", 7);
    expect(await faults()).toEqual([
      ["REWRITTEN", 1, 5],
      ["OWNER_GAP", 4, 5],
    ]);
  });
  test("again after a crash between the entry and its anchor, whose half line is counted and does no harm", async () => {
    await hear("s04", 1);
    await blobs.append(auditHeadsKey(NOW), new TextEncoder().encode('\n{"seq":1,"ha'));
    audit = restarted();
    await audit.anchor();
    expect(await prove()).toMatchObject({ ok: true, anchors: 1, anchored_seq: 1, unreadable: 1 });
  });
  test("later, while Blobs are away; entries go on", async () => {
    const away = new MemoryBlobs(clock);
    away.append = () => Promise.reject(new Error("away"));
    audit = new AuditLog({ store, blobs: away, clock, log: quiet, alert });
    for (let n = 1; n <= 101; n++) await hear("s04", n);
    await expect(audit.anchor()).rejects.toThrow("away");
    audit = restarted();
    await audit.anchor();
    expect(await prove()).toMatchObject({ ok: true, entries: 101, anchored_seq: 101 });
  });
});

test("entries wait for no anchor, however slow Blobs are, nor does the log's end look cut off", async () => {
  const slow = new MemoryBlobs(clock);
  const append = slow.append.bind(slow);
  const waiting: (() => void)[] = [];
  slow.append = (key, body) =>
    new Promise((resolve, reject) => {
      waiting.push(() => append(key, body).then(resolve, reject));
    });
  const alerted: string[] = [];
  audit = new AuditLog({ store, blobs: slow, clock, log: quiet, alert: (_severity, code) => alerted.push(code) });
  for (let n = 1; n <= 250; n++) await hear("s04", n);
  expect(waiting).toHaveLength(1);
  waiting.shift()?.();
  const anchoring = audit.anchor();
  for (let n = 251; n <= 300; n++) await hear("s04", n);
  while (waiting.length > 0 || audit.anchoredSeq < 250) {
    waiting.shift()?.();
    await Bun.sleep(0);
  }
  await anchoring;
  expect(alerted).toEqual([]);
});

describe("a log that is not what its anchors say is alerted", () => {
  const CUT = "FATAL AUDIT_CUT_OFF: Run ./chimera audit verify; docs/guide/audit.md says what it may mean";
  const REWRITTEN = CUT.replace("CUT_OFF", "REWRITTEN");
  /** As if its store were one from before the last `count` entries. */
  async function cutOff(count: number): Promise<void> {
    const kept = (await store.get(auditHeads, "head"))!.value;
    const seq = kept.seq - count;
    const gone = Array.from({ length: count }, (_, at) => remove(auditLog, `s04-${seq + at + 1}`));
    const hash = seq === 0 ? kept.start_hash : ((await entry(`s04-${seq}`)).hash as string);
    await store.commit([...gone, put(auditHeads, { ...kept, seq, hash })]);
  }

  test("at the start after it was cut off, once, whatever else is written meanwhile", async () => {
    for (let n = 1; n <= 5; n++) await hear("s04", n);
    await audit.anchor();
    await cutOff(2);
    audit = restarted();
    await audit.anchor();
    expect(alerts).toEqual([CUT]);
    await hear("s04", 8);
    await audit.anchor();
    expect(alerts).toEqual([CUT]);
    audit = restarted();
    await audit.anchor();
    expect(alerts).toEqual([CUT, CUT]);
  });
  test("while it runs, by the next anchoring", async () => {
    for (let n = 1; n <= 3; n++) await hear("s04", n);
    await audit.anchor();
    expect(alerts).toEqual([]);
    await cutOff(1);
    await audit.anchor();
    expect(alerts).toEqual([CUT]);
  });
  test("also where nothing is left of it, or its head is gone", async () => {
    await hear("s04", 1);
    await audit.anchor();
    await store.commit([remove(auditLog, "s04-1"), remove(auditHeads, "head")]);
    audit = restarted();
    await audit.anchor();
    expect(alerts).toEqual([CUT]);
  });
  test("and for ever after it has grown past that place again", async () => {
    for (let n = 1; n <= 5; n++) await hear("s04", n);
    await audit.anchor();
    await cutOff(2);
    for (let n = 10; n <= 14; n++) await hear("s04", n);
    audit = restarted();
    await audit.anchor();
    expect(alerts).toEqual([REWRITTEN]);
  });
  test("but not where it is whole, was never anchored, or Blobs hold half a line", async () => {
    await audit.anchor();
    for (let n = 1; n <= 101; n++) await hear("s04", n);
    await audit.anchor();
    await blobs.append(auditHeadsKey(NOW), new TextEncoder().encode('\n{"seq":999,"ha'));
    await hear("s04", 102);
    audit = restarted();
    await audit.anchor();
    expect(alerts).toEqual([]);
  });
});

test("an owner's numbers are its store's, from the commit to the chain", async () => {
  const s04 = openStore({ path: ":memory:", owner: "s04", collections: COLLECTIONS, shard: 1 });
  const { owner: _, owner_seq: __, ...plain } = event("s04.1", 0);
  await s04.commit([emit(opsEvents, plain), emit(opsEvents, plain)]);
  for (const { id, event: told } of await s04.outbox.read(9)) await audit.hear(told as OpsEvent, { id });
  await s04.close();
  const made = new Map([["s04.1", { count: 3 }]]);
  const { faults: found } = await proveAudit(store, blobs, () => made);
  expect(found).toMatchObject([{ kind: "OWNER_GAP", from: 3, to: 3, owner: "s04.1" }]);
});
