/** The active config in a service: one immutable revision at a time, swapped between units of work. */

import { configActive, configBundles } from "../collections/config.ts";
import type { config as configContract } from "../contracts.ts";
import type { ActiveConfig, Canary } from "../domain/arms.ts";
import { Bundle, type BundleView } from "../domain/bundle.ts";
import { asProblem, Problem, refuse } from "../errors.ts";
import type { Store } from "./ports.ts";
import type { Client, Config, Log } from "./service.ts";

type Told = Awaited<ReturnType<Client<typeof configContract>["getActive"]>>;

export interface ConfigHolder extends Config {
  /** Fetches the active config and swaps to it if it is another; a failure leaves the present one in force. */
  refresh(): Promise<void>;
  revision(): number;
  standing(): ConfigStanding;
}

/** What a service says of the revisions it runs. */
export interface ConfigStanding {
  rev: number;
  canary_rev?: number;
  /** It could not load this one, and goes on with the one before. */
  refused?: { rev: number; error: string };
}

export interface ConfigParts {
  ask(): Client<typeof configContract>;
  /** For when the config service is away: its collections, which others may read. */
  store: Store;
  log: Log;
}

export function createConfig(parts: ConfigParts): ConfigHolder {
  let view: ActiveConfig | undefined;
  let refused: ConfigStanding["refused"];
  const listeners: ((active: ActiveConfig) => void)[] = [];

  function swap(next: ActiveConfig): void {
    const before = view;
    view = next;
    try {
      for (const apply of listeners) apply(next);
    } catch (error) {
      // Not in force everywhere, so it counts as not arrived: those that have it go back, and the next refresh tries again.
      view = before;
      if (before) for (const apply of listeners) apply(before);
      throw error;
    }
    const { rev, hash, canary } = next;
    parts.log.info("config revision in force", { rev, hash, ...(canary && { canary_rev: canary.view.rev }) });
  }

  let refreshing: Promise<void> = Promise.resolve();
  /** One after the other, since of two answers the one that comes last may be the older. */
  function refresh(): Promise<void> {
    const turn = refreshing.then(fetchActive);
    refreshing = turn.catch(() => {});
    return turn;
  }

  async function fetchActive(): Promise<void> {
    const told = await parts
      .ask()
      .getActive({})
      .catch((error: unknown) => lastKept(error));
    if (view && isSame(view, told)) {
      refused = undefined;
      return;
    }
    try {
      swap(activeOf(told));
      refused = undefined;
    } catch (error) {
      refused = { rev: told.canary?.rev ?? told.rev, error: asProblem(error).message };
      throw error;
    }
  }

  /** What was in force when the config service was last heard; throws `error` when none is readable. */
  async function lastKept(error: unknown): Promise<Told> {
    const kept = (await parts.store.get(configActive, "active"))?.value;
    const bundle = kept && (await bundleOf(kept));
    if (!kept || !bundle) throw error;
    if (!view) parts.log.warn("the config service is away; its last revision is taken", { rev: kept.rev });
    const { canary, ...stable } = kept;
    const other = canary && (await bundleOf(canary));
    return { ...stable, bundle, ...(canary && other && { canary: { ...canary, bundle: other } }) };
  }

  async function bundleOf({ bundle_id, rev }: Pick<BundleView, "bundle_id" | "rev">) {
    const bundle = (await parts.store.get(configBundles, `${bundle_id}@${rev}`))?.value.bundle;
    return typeof bundle === "object" && bundle !== null ? (bundle as Record<string, unknown>) : undefined;
  }

  return {
    refresh,
    current: () => view ?? refuse("NOT_READY", "No config revision has arrived yet."),
    onChange(apply) {
      listeners.push(apply);
      if (view) apply(view);
    },
    revision: () => view?.rev ?? 0,
    standing: () => ({
      rev: view?.rev ?? 0,
      ...(view?.canary && { canary_rev: view.canary.view.rev }),
      ...(refused && { refused }),
    }),
  };
}

const isSame = (view: ActiveConfig, { rev, hash, canary }: Told): boolean =>
  view.rev === rev &&
  view.hash === hash &&
  view.canary?.promotion_id === canary?.promotion_id &&
  view.canary?.view.rev === canary?.rev &&
  view.canary?.traffic_pct === canary?.traffic_pct &&
  view.canary?.until === canary?.until;

function activeOf({ canary, ...stable }: Told): ActiveConfig {
  return Object.freeze({ ...viewOf(stable), ...(canary && { canary: canaryOf(canary) }) });
}

function canaryOf({ promotion_id, traffic_pct, slot_ms, until, ...revision }: NonNullable<Told["canary"]>): Canary {
  return Object.freeze({ promotion_id, traffic_pct, slot_ms, until, view: Object.freeze(viewOf(revision)) });
}

function viewOf({ rev, bundle_id, hash, bundle }: Pick<Told, "rev" | "bundle_id" | "hash" | "bundle">): BundleView {
  const parsed = Bundle.safeParse(bundle);
  if (parsed.success) return { rev, bundle_id, hash, bundle: parsed.data };
  const detail = parsed.error.issues[0]?.message ?? "";
  throw new Problem("INVALID", `Revision ${rev} does not fit this version of the bundle: ${detail}`);
}
