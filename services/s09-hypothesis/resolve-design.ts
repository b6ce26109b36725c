/** Designs as they are accepted: the bundle that they name looked up and copied, everything checked before it runs. */
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { Bundle } from "../../shared/domain/bundle.ts";
import type { ExperimentDesign } from "../../shared/domain/experiment.ts";
import { Problem, refuse } from "../../shared/errors.ts";
import { type Checked, checkDesign } from "../../shared/experiment/check-design.ts";
import type { Store } from "../../shared/kit/ports.ts";

/**
 * Errors are by field under `design`. NOT_FOUND for a revision that nobody drafted, INVALID for what cannot be run,
 * RULE for a stored bundle that this version cannot read.
 */
export async function resolveDesign(store: Pick<Store, "get">, design: ExperimentDesign): Promise<Checked> {
  const bundle = await bundleOf(store, design.bundle);
  try {
    return checkDesign({ ...design, bundle });
  } catch (error) {
    throw underDesign(error);
  }
}

async function bundleOf(store: Pick<Store, "get">, ref: ExperimentDesign["bundle"]): Promise<Bundle> {
  if (typeof ref === "object" && "strategies" in ref) return ref;
  const { bundle_id, rev } = ref === "active" ? await activeOf(store) : ref;
  const kept = (await store.get(configBundles, `${bundle_id}@${rev}`))?.value.bundle;
  if (kept === undefined) refuse("NOT_FOUND", `There is no bundle ${bundle_id} with revision ${rev}.`);
  const read = Bundle.safeParse(kept);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  return refuse("RULE", `Bundle ${bundle_id} revision ${rev} cannot be read any more: ${path.join(".")} ${message}`);
}

const activeOf = async (store: Pick<Store, "get">) =>
  (await store.get(configActive, "active"))?.value ?? refuse("NOT_READY", "No bundle is active yet.");

/** What lists show: where the bundle came from, and which one it was. */
export const bundleInWords = (ref: ExperimentDesign["bundle"], { bundle_id, rev }: Bundle): string =>
  `${ref === "active" ? "active: " : ""}${bundle_id} rev ${rev}`;

function underDesign(error: unknown): unknown {
  if (!(error instanceof Problem) || error.errors.length === 0) return error;
  const errors = error.errors.map(({ field, message }) => ({ field: `design.${field}`, message }));
  return new Problem(error.code, error.message, { errors });
}
