/** The state of the kill switch, as its owner and the two who enforce it keep it. */
import { z } from "@hono/zod-openapi";
import type { ServiceId } from "../kit/ports.ts";
import { collection } from "./declare.ts";

/** A bearer of the kill switch's state: S12's own, and the durable copies of S4 and S1. `epoch` only grows. */
export const KillState = z.object({
  id: z.literal("kill"),
  enabled: z.boolean(),
  mode: z.enum(["HALT", "CANCEL", "FLATTEN"]),
  epoch: z.number().int(),
  reason: z.string(),
  actor: z.string(),
  ts: z.number(),
});
export type KillState = z.output<typeof KillState>;
export const killCopy = (owner: ServiceId, name: string, about: string) =>
  collection({ name, about, owner, schema: KillState, key: (k: KillState) => k.id });
