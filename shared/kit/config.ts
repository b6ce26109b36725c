/** The active config in a service: one immutable revision at a time, swapped between units of work. */

import { configActive, configBundles } from "../collections/config.ts";
import type { config as configContract } from "../contracts.ts";
import { Bundle, type BundleView } from "../domain/bundle.ts";
import { Problem, refuse } from "../errors.ts";
import type { Store } from "./ports.ts";
import type { Client, Config, Log } from "./service.ts";

export interface ConfigHolder extends Config {
  /** Fetches the active revision and swaps to it if it is another; a failure leaves the present one in force. */
  refresh(): Promise<void>;
  revision(): number;
}

export interface ConfigParts {
  ask(): Client<typeof configContract>;
  /** For when the config service is away: its collections, which others may read. */
  store: Store;
  log: Log;
}

export function createConfig(parts: ConfigParts): ConfigHolder {
  let view: BundleView | undefined;
  const listeners: ((view: BundleView) => void)[] = [];

  function swap(next: BundleView): void {
    const before = view;
    view = next;
    try {
      for (const apply of listeners) apply(next);
    } catch (error) {
      // Not in force everywhere, so it counts as not arrived: the next refresh tries it again.
      view = before;
      throw error;
    }
    parts.log.info("config revision in force", { rev: next.rev, hash: next.hash });
  }

  let refreshing: Promise<void> = Promise.resolve();
  /** One after the other, since of two answers the one that comes last may be the older. */
  function refresh(): Promise<void> {
    const turn = refreshing.then(fetchActive);
    refreshing = turn.catch(() => {});
    return turn;
  }

  async function fetchActive(): Promise<void> {
    const active = await parts
      .ask()
      .getActive({})
      .catch((error: unknown) => lastKept(error));
    if (view && view.rev === active.rev && view.hash === active.hash) return;
    const parsed = Bundle.safeParse(active.bundle);
    if (!parsed.success) {
      const detail = parsed.error.issues[0]?.message ?? "";
      throw new Problem("INVALID", `Revision ${active.rev} does not fit this version of the bundle: ${detail}`);
    }
    const { rev, bundle_id, hash } = active;
    swap(Object.freeze({ rev, bundle_id, hash, bundle: parsed.data }));
  }

  /** The revision that was in force when the config service was last heard; throws `error` when none is readable. */
  async function lastKept(error: unknown) {
    const kept = (await parts.store.get(configActive, "active"))?.value;
    const bundle = kept && (await parts.store.get(configBundles, `${kept.bundle_id}@${kept.rev}`))?.value.bundle;
    if (!kept || typeof bundle !== "object" || bundle === null) throw error;
    if (!view) parts.log.warn("the config service is away; its last revision is taken", { rev: kept.rev });
    return { ...kept, bundle: bundle as Record<string, unknown> };
  }

  return {
    refresh,
    current: () => view ?? refuse("NOT_READY", "No config revision has arrived yet."),
    onChange(apply) {
      listeners.push(apply);
      if (view) apply(view);
    },
    revision: () => view?.rev ?? 0,
  };
}
