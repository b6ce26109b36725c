/** What the reconciler's parts share: ports, settings, and the shapes of its questions. */
import { z } from "@hono/zod-openapi";
import type { exchange, position, router } from "../../shared/contracts.ts";
import type { ReconciliationFlags } from "../../shared/domain/bundle.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";
import type { Clients } from "../../shared/kit/service.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import { type Alert, Reconciliation } from "../../shared/streams.ts";

export const ReconcilerSettings = z.object({
  /** Head of every client order id of this installation, as the router has it. */
  installationTag: z
    .string()
    .regex(/^[a-z0-9]{4}$/, "four characters a-z, 0-9")
    .default("chim"),
  /** Between two looks: what differs in both alike is on its way no longer. */
  settleMs: z.coerce.number().int().min(0).default(2_000),
  /** While differences keep changing, so often is looked; what still changes then is left to the next run. */
  looksMax: z.coerce.number().int().min(2).default(4),
  /** After a gap, or an order that is none of ours, the router has this long to book what it can by itself. */
  newsWaitMs: z.coerce.number().int().min(0).default(1_500),
  /** After a run that found something; doubled while there is something to find, up to the period. */
  lookAgainMs: z.coerce.number().int().min(100).default(5_000),
  /** After a run that failed; doubled up to the second while they fail. */
  retryMs: z.coerce.number().int().min(100).default(1_000),
  retryMsMax: z.coerce.number().int().min(100).default(60_000),
  /** Runs that may wait for the one under way. */
  waitingMax: z.coerce.number().int().min(0).default(3),
});
export type ReconcilerSettings = z.output<typeof ReconcilerSettings>;

export type Callees = { exchange: typeof exchange; router: typeof router; position: typeof position };

export interface Ports {
  readonly account: string;
  readonly settings: ReconcilerSettings;
  readonly clock: Clock;
  readonly store: Store;
  readonly calls: Clients<Callees>;
  /** The newest revision's. */
  flags(): ReconciliationFlags;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  audit(entry: { actor: string; what: string; ref: string; before?: unknown; after?: unknown; outcome: string }): Op;
  warn(message: string, fields?: Record<string, unknown>): void;
}

export type Mode = Reconciliation["mode"];
export type Item = Reconciliation["items"][number];

/** What a run is to do; `actor` is who asked, or the service itself. */
export type Order = Pick<Reconciliation, "mode" | "cause" | "dry_run" | "orphan_policy" | "time_window_h"> & {
  readonly actor: string;
};

export const ReconcileRequest = z.object({
  mode: z.enum(["ALL", "ORDERS", "POSITIONS", "HOLDINGS"]),
  dry_run: z.boolean().default(false),
  /** Missing: as the config bundle says. */
  orphan_policy: z.enum(["CONSERVATIVE", "RECLAIM_IF_SAFE"]).optional(),
  time_window_h: z.number().min(1).max(168).optional(),
});

export const ReconciliationsQuery = inOrder(
  z.object({
    ...Paging,
    ...Period,
    mode: Reconciliation.shape.mode.optional(),
    cause: Reconciliation.shape.cause.optional(),
    status: Reconciliation.shape.status.optional(),
  }),
);
export const ReconciliationsPage = ListOf(Reconciliation);
