/** The config service as its callers and the readers of its store see it, with revisions that are named by their number. */
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { put } from "../changes.ts";
import { type ActiveRecord, type BundleRecord, configActive, configBundles } from "../collections/config.ts";
import { Bundle } from "../domain/bundle.ts";
import { Problem } from "../errors.ts";
import { simulatedWorld } from "../testing/world.ts";
import type { Net } from "./ports.ts";

const START = Date.UTC(2026, 0, 1);
export const SLOT_MS = 3_600_000;
const nowhere: Net = {
  fetch: () => Promise.reject(new Error("no network here")),
  connect: () => {
    throw new Error("no network here");
  },
};

export const bundleOf = (rev: number, more: object = {}): Bundle =>
  Bundle.parse({
    ...{ format: 1, bundle_id: "b", rev, note: `r${rev}`, factors: [], strategies: [] },
    instruments: [{ instrument: "FUT:BTCUSDT" }],
    ...more,
  });
export const recordOf = (rev: number, bundle: unknown = bundleOf(rev)): BundleRecord => ({
  ...{ bundle_id: "b", rev, hash: `h${rev}`, status: "ACTIVE", author: "test", created_at: START },
  bundle,
});
export const named = (rev: number) => ({ rev, bundle_id: "b", hash: `h${rev}` });
const share = (rev: number, traffic_pct = 10) => ({
  ...named(rev),
  ...{ promotion_id: `p${rev}`, traffic_pct, slot_ms: SLOT_MS, until: START + 1e8 },
});

export function configService() {
  const clock = new VirtualClock(START);
  const world = simulatedWorld({ clock, net: nowhere, seed: 1 });
  const store = world.store("s10");
  const it = {
    ...{ clock, world, store },
    isAway: false,
    asked: 0,
    /** Puts these in force, in the store only. */
    async put(stable: number, canary?: number, traffic_pct?: number): Promise<void> {
      for (const rev of [stable, canary]) if (rev !== undefined) await it.keep(recordOf(rev));
      await it.active({
        ...{ id: "active", ...named(stable), activated_at: START },
        ...(canary !== undefined && { canary: share(canary, traffic_pct) }),
      });
    },
    keep: (record: BundleRecord) => store.commit([put(configBundles, record)]),
    active: (record: ActiveRecord) => store.commit([put(configActive, record)]),
    async told() {
      it.asked++;
      if (it.isAway) throw new Problem("UNAVAILABLE", "away");
      const row = (await store.get(configActive, "active")) as { value: ActiveRecord };
      const { id: _, canary, ...active } = row.value;
      const bundle = async ({ rev }: { rev: number }) =>
        (await store.get(configBundles, `b@${rev}`))?.value.bundle as Record<string, unknown>;
      return {
        ...{ ...active, bundle: await bundle(active) },
        ...(canary && { canary: { ...canary, bundle: await bundle(canary) } }),
      };
    },
  };
  return it;
}
export type ConfigService = ReturnType<typeof configService>;
