/** The audit log: every change anywhere in the system, once, chained by hash in the order it was heard. */
import { put } from "../../shared/changes.ts";
import { type AuditAnchor, type AuditEntry, type AuditHead, auditHeads } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { ChainReader, chained, hashable } from "../../shared/domain/audit-chain.ts";
import { auditHeadsKey } from "../../shared/keys.ts";
import type { Blobs, Clock, Message, Store } from "../../shared/kit/ports.ts";
import type { Context, Log } from "../../shared/kit/service.ts";
import type { OpsEvent } from "../../shared/streams.ts";
import { auditRows, readAnchors } from "./audit-proof.ts";

/** So many entries are anchored at once, however soon after the last time. */
const ANCHOR_ENTRIES = 100;

type Anchored = Pick<AuditAnchor, "seq" | "hash">;

export interface AuditParts {
  store: Store;
  blobs: Blobs;
  clock: Clock;
  log: Log;
  alert: Context["alert"];
}

export class AuditLog {
  readonly #parts: AuditParts;
  /** One at a time: each entry is chained to the one before it. */
  #turn: Promise<unknown> = Promise.resolve();
  #anchored = 0;
  /** The farthest head that is kept in Blobs, whoever kept it; undefined until they have been read. */
  #farthest: Anchored | undefined;
  /** One anchor at a time; the next one keeps the newest head. */
  #isAnchoring = false;
  /** What has been alerted, once each. */
  readonly #told = new Set<string>();

  constructor(parts: AuditParts) {
    this.#parts = parts;
  }

  /** Its message's id is the entry's key, so that a repeat changes nothing. */
  hear(event: Readonly<OpsEvent>, message: Pick<Message<OpsEvent>, "id">): Promise<void> {
    return this.#inTurn(async () => {
      const { store, clock, log } = this.#parts;
      if (await store.get(auditLog, message.id)) return;
      const kept = await store.get(auditHeads, "head");
      const head = kept?.value ?? (await this.#begin());
      const entry: AuditEntry & { seq: number } = chained({ ...hashable(event), audit_id: message.id }, head);
      const next: AuditHead = { ...head, seq: entry.seq, hash: entry.hash as string, updated_at: clock.now() };
      const ops = [put(auditLog, entry, null), put(auditHeads, next, kept?.rev ?? null)];
      await store.commit(ops, { sync: "full" });
      if (next.seq - this.#anchored < ANCHOR_ENTRIES || this.#isAnchoring) return;
      // The entry is kept, whatever becomes of the anchor and however long it takes; the job tries again.
      this.#anchor(next).catch((error: unknown) => log.warn("audit head not anchored", { error: String(error) }));
    });
  }

  /**
   * Keeps the head in Blobs, where what is written over the log afterwards does not reach. Alerts where a head kept
   * there before is not on the log: entries were removed, or the store is an older one.
   */
  async anchor(): Promise<void> {
    // Blobs may be slow, for which no entry waits; and what they hold is never newer than a head that is read after it.
    const farthest = await this.#readFarthest();
    const head = await this.#inTurn(async () => {
      const newest = await this.head();
      await this.#compare(farthest, newest);
      return newest;
    });
    if (head && head.seq > this.#anchored && !this.#isAnchoring) await this.#anchor(head);
  }

  /** At the start, for which nobody has to wait: the job tries again. */
  async begin(): Promise<void> {
    const { log } = this.#parts;
    await this.anchor().catch((error: unknown) => log.warn("audit head not anchored", { error: String(error) }));
  }

  /** Undefined while nothing has been chained. */
  async head(): Promise<AuditHead | undefined> {
    return (await this.#parts.store.get(auditHeads, "head"))?.value;
  }

  get anchoredSeq(): number {
    return this.#anchored;
  }

  async #anchor({ seq, hash }: AuditHead): Promise<void> {
    const { blobs, clock } = this.#parts;
    const ts = clock.now();
    this.#isAnchoring = true;
    try {
      // A line of its own, also behind one that a crash has cut off.
      await blobs.append(auditHeadsKey(ts), new TextEncoder().encode(`\n${JSON.stringify({ seq, hash, ts })}\n`));
    } finally {
      this.#isAnchoring = false;
    }
    this.#anchored = Math.max(this.#anchored, seq);
    if (this.#farthest && seq > this.#farthest.seq) this.#farthest = { seq, hash };
  }

  async #readFarthest(): Promise<Anchored> {
    if (!this.#farthest) {
      const { anchors } = await readAnchors(this.#parts.blobs);
      this.#farthest = anchors.reduce<Anchored>((far, each) => (each.seq > far.seq ? each : far), { seq: 0, hash: "" });
    }
    return this.#farthest;
  }

  async #compare({ seq, hash }: Anchored, head: AuditHead | undefined): Promise<void> {
    const { store } = this.#parts;
    if (seq === 0) return;
    if ((head?.seq ?? 0) < seq) {
      this.#tell(
        "AUDIT_CUT_OFF",
        `The audit log has been shortened: a head kept in Blobs says that it had ${seq} entries`,
      );
      return;
    }
    const page = await store.query(auditLog, { where: { seq }, limit: 1 });
    if (page.items[0]?.value.hash !== hash) {
      this.#tell("AUDIT_REWRITTEN", `Entry ${seq} of the audit log is not the one that a head kept in Blobs names`);
    }
  }

  #tell(code: string, message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#parts.alert("FATAL", code, message, "Run ./chimera audit verify; docs/guide/audit.md says what it may mean");
  }

  /** The chain begins with what the entries from before it amount to, so that those cannot be changed either. */
  async #begin(): Promise<AuditHead> {
    const { store, clock } = this.#parts;
    const reader = new ChainReader([], undefined);
    for await (const { value } of auditRows(store, { where: { seq: null } })) reader.old(value);
    const start_hash = reader.startHash;
    const old_entries = reader.oldEntries;
    return { id: "head", seq: 0, hash: start_hash, start_hash, old_entries, updated_at: clock.now() };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}
