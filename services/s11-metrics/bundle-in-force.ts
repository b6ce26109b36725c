/** The bundle in force, read from S10's store: S11 runs no revision, and is there when S10 is not. */
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { Store } from "../../shared/kit/ports.ts";

export type BundleInForce = () => Promise<Bundle | undefined>;

/** Undefined until there is one. Read anew when another is in force. */
export function bundleInForce(store: Pick<Store, "get">): BundleInForce {
  let kept: { hash: string; rev: number; bundle: Bundle } | undefined;
  return async () => {
    const active = (await store.get(configActive, "active"))?.value;
    if (!active) return undefined;
    const { bundle_id, rev, hash } = active;
    if (kept?.hash === hash && kept.rev === rev) return kept.bundle;
    const record = await store.get(configBundles, `${bundle_id}@${rev}`);
    const parsed = Bundle.safeParse(record?.value.bundle);
    if (!parsed.success) return kept?.bundle;
    kept = { hash, rev, bundle: parsed.data };
    return kept.bundle;
  };
}
