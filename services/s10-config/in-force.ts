/** What is in force: one revision for all and perhaps another for a share of triggers; each change is one commit. */
import { emit, put } from "../../shared/changes.ts";
import { type ActiveRecord, configActive, configBundles } from "../../shared/collections/config.ts";
import type { Split } from "../../shared/domain/arms.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import { assert, refuse } from "../../shared/errors.ts";
import type { Clock, Op, Row, Store } from "../../shared/kit/ports.ts";
import { type ConfigEvent, configEvents } from "../../shared/streams.ts";

const ACTIVE_KEY = "active";

/** An audit entry, but for its time and source. */
export interface Entry {
  actor: string;
  what: string;
  ref: string;
  outcome: string;
  before?: unknown;
  after?: unknown;
}
export interface Ports {
  store: Store;
  clock: Clock;
  audit(entry: Entry): Op;
}

/** The other revision with its share, flat, as `getActive` tells it. */
export type ActiveCanary = Split & BundleView;
export interface Active extends BundleView {
  readonly activated_at: number;
  readonly canary?: ActiveCanary;
}

export interface Change {
  kind: ConfigEvent["kind"];
  actor: string;
  /** What the audit calls it, such as `bundle.activate`. */
  what: string;
  /** For all from now on; absent: as before. */
  stable?: BundleView;
  /** For a share from now on; absent: there is none, or none any more. */
  canary?: ActiveCanary;
  /** Of the promotion that it belongs to. */
  promotion_id?: string;
  reason?: string;
  /** Records that change with it. */
  also: readonly Op[];
}

export const recordKey = ({ bundle_id, rev }: Pick<BundleView, "bundle_id" | "rev">): string => `${bundle_id}@${rev}`;

export class InForce {
  private readonly ports: Ports;
  private active: Active | undefined;
  private row: Row<ActiveRecord> | undefined;
  /** A commit was answered with an error, and may have been made all the same. */
  private isInDoubt = false;

  constructor(ports: Ports) {
    this.ports = ports;
  }

  /** Takes what the store holds; false: nothing was ever in force. */
  async load(): Promise<boolean> {
    this.row = await this.ports.store.get(configActive, ACTIVE_KEY);
    if (!this.row) return false;
    const { canary, id: _id, ...stable } = this.row.value;
    this.active = {
      ...stable,
      bundle: await this.bundleOf(stable),
      ...(canary && { canary: { ...canary, bundle: await this.bundleOf(canary) } }),
    };
    return true;
  }

  /** Reads again what a store that failed has made of the last change; a job calls it. */
  async settle(): Promise<void> {
    if (!this.isInDoubt) return;
    await this.load();
    this.isInDoubt = false;
  }

  /** Refuses with NOT_READY before the first. */
  current(): Active {
    return this.active ?? refuse("NOT_READY", "No bundle is active yet.");
  }

  /** Undefined before the first. */
  now(): Active | undefined {
    return this.active;
  }

  /** One commit: the pair, what changes with it, the audit entry and the notice to all. CONFLICT when another came first. */
  async change(change: Change): Promise<void> {
    const { store, clock, audit } = this.ports;
    await this.settle();
    const ts = clock.now();
    const next = this.after(change, ts);
    const record = recordOf(next);
    const event: ConfigEvent = {
      ...{ kind: change.kind, rev: next.rev, bundle_id: next.bundle_id, hash: next.hash, ts },
      ...(next.canary && { canary_rev: next.canary.rev }),
      ...(change.promotion_id !== undefined && { promotion_id: change.promotion_id }),
      ...(change.reason !== undefined && { reason: change.reason }),
    };
    const entry: Entry = {
      actor: change.actor,
      what: change.what,
      ref: recordKey(change.stable ?? change.canary ?? next),
      before: this.row && told(this.row.value),
      after: told(record),
      outcome: change.reason ?? "active",
    };
    const ops = [put(configActive, record, this.row?.rev ?? null), emit(configEvents, event), audit(entry)];
    this.isInDoubt = true;
    await store.commit([...change.also, ...ops], { sync: "full" });
    this.active = next;
    this.row = await store.get(configActive, ACTIVE_KEY);
    this.isInDoubt = false;
  }

  private after({ stable, canary }: Change, ts: number): Active {
    const base = stable ? { ...viewOf(stable), activated_at: ts } : this.current();
    const { rev, bundle_id, hash, bundle, activated_at } = base;
    return { rev, bundle_id, hash, activated_at, bundle, ...(canary && { canary }) };
  }

  private async bundleOf(named: Pick<BundleView, "bundle_id" | "rev">): Promise<Bundle> {
    const row = await this.ports.store.get(configBundles, recordKey(named));
    assert(row, `the active bundle ${recordKey(named)} is stored`);
    return Bundle.parse(row.value.bundle);
  }
}

const viewOf = ({ rev, bundle_id, hash, bundle }: BundleView): BundleView => ({ rev, bundle_id, hash, bundle });

function recordOf({ bundle: _bundle, canary, ...stable }: Active): ActiveRecord {
  if (!canary) return { id: ACTIVE_KEY, ...stable };
  const { bundle: _other, ...share } = canary;
  return { id: ACTIVE_KEY, ...stable, canary: share };
}

const told = ({ rev, hash, canary }: ActiveRecord) => ({
  rev,
  hash,
  ...(canary && { canary: { rev: canary.rev, hash: canary.hash, traffic_pct: canary.traffic_pct } }),
});
