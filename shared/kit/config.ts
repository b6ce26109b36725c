/** The active config in a service: one immutable pair of revisions at a time, swapped between units of work. */

import { type ActiveRecord, configActive, configBundles } from "../collections/config.ts";
import type { config as configContract } from "../contracts.ts";
import { type ActiveConfig, revisionOf } from "../domain/arms.ts";
import { Bundle, type BundleView } from "../domain/bundle.ts";
import { Problem, refuse } from "../errors.ts";
import type { Store } from "./ports.ts";
import type { Client, Config, Log, Metrics } from "./service.ts";

type Told = Awaited<ReturnType<Client<typeof configContract>["getActive"]>>;

export interface ConfigHolder extends Config {
  /** Fetches the active config and swaps to it if it is another; a failure leaves the present one in force. */
  refresh(): Promise<void>;
  /** As `refresh` when the store tells of another one than is in force here; else nothing. */
  catchUp(): Promise<void>;
  revision(): number;
  standing(): ConfigStanding;
}

/** What a service says of the revisions it runs. */
export interface ConfigStanding {
  rev: number;
  canary_rev?: number;
  /** Of the promotion that its canary belongs to. */
  promotion_id?: string;
  /** It could not load this one, and goes on with the one before. */
  refused?: { rev: number; error: string };
}

export interface ConfigParts {
  ask(): Client<typeof configContract>;
  /** For when the config service is away: its collections, which others may read. */
  store: Pick<Store, "get" | "query">;
  log: Log;
  /** Another value is in force here. */
  swapped(active: ActiveConfig): void;
  /** A revision cannot be loaded here, told once. */
  refused(rev: number, error: string): void;
}

/** Work that was begun under a revision may end after several others came. */
const REVISIONS_KEPT = 8;

class Holder implements ConfigHolder {
  private readonly parts: ConfigParts;
  private active: ActiveConfig | undefined;
  private failed: ConfigStanding["refused"];
  private readonly listeners: ((active: ActiveConfig) => void)[] = [];
  private readonly kept = new Map<number, BundleView>();
  private refreshing: Promise<void> = Promise.resolve();

  constructor(parts: ConfigParts) {
    this.parts = parts;
  }

  current(): ActiveConfig {
    return this.active ?? refuse("NOT_READY", "No config revision has arrived yet.", { retryAfterMs: 1_000 });
  }

  onChange(apply: (active: ActiveConfig) => void): void {
    this.listeners.push(apply);
    if (this.active) apply(this.active);
  }

  known(rev: number): BundleView | undefined {
    return (this.active && revisionOf(this.active, rev)) ?? this.kept.get(rev);
  }

  async find(rev: number): Promise<BundleView | undefined> {
    // Others may have heard of it sooner; what is asked for is found in the store all the same.
    if (rev > this.newest()) await this.catchUp().catch(() => {});
    const known = this.known(rev);
    if (known) return known;
    const { items } = await this.parts.store.query(configBundles, { where: { rev }, limit: 1 });
    const record = items[0]?.value;
    if (!record) return undefined;
    try {
      const view = Object.freeze(viewOf(record));
      this.keep(view);
      return view;
    } catch (error) {
      this.parts.log.error("a revision cannot be read", { rev, error: String(error) });
      return undefined;
    }
  }

  private newest(): number {
    return Math.max(this.active?.rev ?? 0, this.active?.canary?.view.rev ?? 0);
  }

  revision(): number {
    return this.active?.rev ?? 0;
  }

  standing(): ConfigStanding {
    const { active, failed } = this;
    return {
      rev: active?.rev ?? 0,
      ...(active?.canary && { canary_rev: active.canary.view.rev, promotion_id: active.canary.promotion_id }),
      ...(failed && { refused: failed }),
    };
  }

  async catchUp(): Promise<void> {
    const row = await this.parts.store.get(configActive, "active").catch(() => undefined);
    const kept = row?.value;
    if (!kept || !this.active || !isSame(this.active, kept)) await this.refresh();
  }

  /** One after the other, since of two answers the one that comes last may be the older. */
  refresh(): Promise<void> {
    const turn = this.refreshing.then(() => this.fetch());
    this.refreshing = turn.catch(() => {});
    return turn;
  }

  private async fetch(): Promise<void> {
    const told = await this.parts
      .ask()
      .getActive({})
      .catch((error: unknown) => this.lastKept(error));
    if (this.active && isSame(this.active, told)) {
      this.failed = undefined;
      return;
    }
    try {
      this.swap(this.activeOf(told));
      this.failed = undefined;
    } catch (error) {
      this.refuse(told, error instanceof Error ? error.message : String(error));
      const { canary, ...stable } = told;
      if (this.active || !canary) throw error;
      // At the start there is nothing to go on with, and what is open does not wait until a canary is taken back.
      this.swap(this.activeOf(stable));
    }
  }

  private activeOf({ canary, ...stable }: Told): ActiveConfig {
    const view = this.viewOf(stable);
    if (!canary) return Object.freeze({ ...view });
    const { promotion_id, traffic_pct, slot_ms, until } = canary;
    const split = { promotion_id, traffic_pct, slot_ms, until };
    return Object.freeze({ ...view, canary: Object.freeze({ ...split, view: this.viewOf(canary) }) });
  }

  /** The one that is known already where it is the same, since reading one costs more than all else. */
  private viewOf(unread: Unread): BundleView {
    const known = this.known(unread.rev);
    if (known?.hash === unread.hash && known.bundle_id === unread.bundle_id) return viewIn(known);
    return Object.freeze(viewOf(unread));
  }

  private swap(next: ActiveConfig): void {
    const before = this.active;
    this.active = next;
    try {
      for (const apply of this.listeners) apply(next);
    } catch (error) {
      // Not in force everywhere, so it counts as not arrived: those that have it go back, and the next refresh tries again.
      this.active = before;
      if (before) this.goBack(before);
      throw error;
    }
    for (const view of [before, before?.canary?.view]) if (view) this.keep(viewIn(view));
    const { rev, hash, canary } = next;
    this.parts.swapped(next);
    this.parts.log.info("config revision in force", { rev, hash, ...(canary && { canary_rev: canary.view.rev }) });
  }

  /** Each for itself: one that does not find back keeps none of the others from it. */
  private goBack(before: ActiveConfig): void {
    for (const apply of this.listeners) {
      try {
        apply(before);
      } catch (error) {
        this.parts.log.error("the revision before could not be taken again", { rev: before.rev, error: String(error) });
      }
    }
  }

  /** Of two, the one that is new here is to blame. */
  private refuse({ rev, canary }: Told, error: string): void {
    const isNew = canary !== undefined && this.active?.canary?.view.rev !== canary.rev;
    const refused = isNew ? canary.rev : rev;
    if (this.failed?.rev !== refused) this.parts.refused(refused, error);
    this.failed = { rev: refused, error };
  }

  private keep(view: BundleView): void {
    this.kept.delete(view.rev);
    this.kept.set(view.rev, view);
    const [oldest] = this.kept.keys();
    if (this.kept.size > REVISIONS_KEPT && oldest !== undefined) this.kept.delete(oldest);
  }

  /** What was in force when the config service was last heard; throws `error` when none is readable. */
  private async lastKept(error: unknown): Promise<Told> {
    const { store, log } = this.parts;
    const kept = (await store.get(configActive, "active"))?.value;
    const bundle = kept && (await this.bundleOf(kept));
    if (!kept || !bundle) throw error;
    if (!this.active) log.warn("the config service is away; its last revision is taken", { rev: kept.rev });
    const { canary, ...stable } = kept;
    const other = canary && (await this.bundleOf(canary));
    return { ...stable, bundle, ...(canary && other && { canary: { ...canary, bundle: other } }) };
  }

  private async bundleOf({ bundle_id, rev }: Pick<BundleView, "bundle_id" | "rev">) {
    const bundle = (await this.parts.store.get(configBundles, `${bundle_id}@${rev}`))?.value.bundle;
    return typeof bundle === "object" && bundle !== null ? (bundle as Record<string, unknown>) : undefined;
  }
}

export const createConfig = (parts: ConfigParts): ConfigHolder => new Holder(parts);

/** Tells in the metrics what is in force; of the canary 0 while there is none. */
export function revisionGauge(metrics: Pick<Metrics, "gauge">): (active: ActiveConfig) => void {
  const gauge = metrics.gauge(
    "config_rev",
    "The number of the config revision in force here; of the canary 0 while there is none",
    ["arm"],
  );
  return ({ rev, canary }) => {
    gauge.set(rev, { arm: "STABLE" });
    gauge.set(canary?.view.rev ?? 0, { arm: "CANARY" });
  };
}

type Named = Pick<ActiveRecord, "rev" | "hash" | "canary">;

const isSame = (view: ActiveConfig, { rev, hash, canary }: Named): boolean =>
  view.rev === rev &&
  view.hash === hash &&
  view.canary?.promotion_id === canary?.promotion_id &&
  view.canary?.view.rev === canary?.rev &&
  view.canary?.traffic_pct === canary?.traffic_pct &&
  view.canary?.slot_ms === canary?.slot_ms &&
  view.canary?.until === canary?.until;

/** Without the canary that may come with it. */
const viewIn = ({ rev, bundle_id, hash, bundle }: BundleView): BundleView => ({ rev, bundle_id, hash, bundle });

/** As it came over a wire or from a store. */
type Unread = Omit<BundleView, "bundle"> & { readonly bundle: unknown };

function viewOf({ rev, bundle_id, hash, bundle }: Unread): BundleView {
  const parsed = Bundle.safeParse(bundle);
  if (parsed.success) return { rev, bundle_id, hash, bundle: parsed.data };
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: "" };
  const where = path.length > 0 ? `${path.join(".")}: ` : "";
  throw new Problem("INVALID", `Revision ${rev} does not fit this version of the bundle: ${where}${message}`);
}
