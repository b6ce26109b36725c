/** The active config in a service: one immutable revision at a time, swapped between units of work. */

import type { config as configContract } from "../contracts.ts";
import { Bundle, type BundleView } from "../domain/bundle.ts";
import { Problem, refuse } from "../errors.ts";
import type { Client, Config, Log } from "./service.ts";

export interface ConfigHolder extends Config {
  /** Fetches the active revision and swaps to it if it is another; a failure leaves the present one in force. */
  refresh(): Promise<void>;
  revision(): number;
}

export function createConfig(parts: { ask: () => Client<typeof configContract>; log: Log }): ConfigHolder {
  let view: BundleView | undefined;
  const listeners: ((view: BundleView) => void)[] = [];

  function swap(next: BundleView): void {
    view = next;
    for (const apply of listeners) apply(next);
    parts.log.info("config revision in force", { rev: next.rev, hash: next.hash });
  }

  async function refresh(): Promise<void> {
    const active = await parts.ask().getActive({});
    if (view && view.rev === active.rev && view.hash === active.hash) return;
    const parsed = Bundle.safeParse(active.bundle);
    if (!parsed.success) {
      const detail = parsed.error.issues[0]?.message ?? "";
      throw new Problem("INVALID", `Revision ${active.rev} does not fit this version of the bundle: ${detail}`);
    }
    const { rev, bundle_id, hash } = active;
    swap(Object.freeze({ rev, bundle_id, hash, bundle: parsed.data }));
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
