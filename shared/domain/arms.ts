/** The two arms of a promotion under way: which revision a trigger belongs to, before anything is looked at. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { BundleView } from "./bundle.ts";
import type { InstrumentId } from "./instrument.ts";

export const ArmName = z.enum(["STABLE", "CANARY"]);
export type ArmName = z.output<typeof ArmName>;
/** On signals and decisions that were made while a promotion was under way. */
export const ArmMark = z.object({ promotion_id: z.string(), name: ArmName });
export type ArmMark = z.output<typeof ArmMark>;

/** How a promotion splits triggers; told with the active revision, so that everybody splits alike. */
export const Split = z.object({
  promotion_id: z.string(),
  /** Of triggers, 1 to 50. */
  traffic_pct: z.number().min(1).max(50),
  /** All triggers of one instrument within one such span of exchange time belong to one arm. */
  slot_ms: z.number().int().min(1_000),
  /** When it ends, epoch ms: from then on all triggers are the stable revision's, though nobody says so. */
  until: z.number(),
});
export type Split = z.output<typeof Split>;

export interface Canary extends Split {
  readonly view: BundleView;
}
/** What is in force: one revision for all, and perhaps another for a share of the triggers. */
export interface ActiveConfig extends BundleView {
  readonly canary?: Canary;
}

/** Parts of a hundred that the share is counted in: 0.01 %. */
const PARTS = 10_000;

/**
 * By hash(promotion, instrument, slot of the trigger's exchange time): the same for everybody, at any time. There is no
 * canary past its end: should the config service be away by then, nothing would watch what it loses.
 */
export function armOf(split: Split, instrument: InstrumentId, exchTs: number): ArmName {
  if (exchTs >= split.until) return "STABLE";
  const slot = Math.floor(exchTs / split.slot_ms);
  const hash = createHash("sha256").update(`${split.promotion_id}|${instrument}|${slot}`).digest();
  return hash.readUInt32BE(0) % PARTS < split.traffic_pct * (PARTS / 100) ? "CANARY" : "STABLE";
}

/** Every instrument that either revision in force trades. */
export function instrumentsOf({ bundle, canary }: ActiveConfig): InstrumentId[] {
  const rows = [...bundle.instruments, ...(canary?.view.bundle.instruments ?? [])];
  return [...new Set(rows.filter(({ enabled }) => enabled).map(({ instrument }) => instrument))];
}

/** Whether work of that revision may take on risk with the instrument: by what is in force of its arm, the newest. */
export function isTraded(active: ActiveConfig, instrument: InstrumentId, rev: number | undefined): boolean {
  const { bundle } = (rev !== undefined && revisionOf(active, rev)) || active;
  return bundle.instruments.some((row) => row.enabled && row.instrument === instrument);
}

/** The revision of that number among those in force, or undefined. */
export function revisionOf(active: ActiveConfig, rev: number): BundleView | undefined {
  if (active.rev === rev) return active;
  return active.canary?.view.rev === rev ? active.canary.view : undefined;
}
