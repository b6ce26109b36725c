/** S5, the reconciler: our books against the exchange's, what differs and why, repaired by those who own the books. */
import { z } from "@hono/zod-openapi";
import { reconciliations } from "../../shared/collections/reconciliation.ts";
import { exchange, position, router } from "../../shared/contracts.ts";
import { refuse } from "../../shared/errors.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { type Context, defineService, every, on, type Verb, verb } from "../../shared/kit/service.ts";
import { newestFirst, pageOf } from "../../shared/paging.ts";
import { accountEvents, Reconciliation, reconResults } from "../../shared/streams.ts";
import { Reconciler } from "./reconciler.ts";
import {
  type Callees,
  type Ports,
  ReconcileRequest,
  ReconcilerSettings,
  ReconciliationsPage,
  ReconciliationsQuery,
} from "./types.ts";

type Ctx = Context<ReconcilerSettings, Callees>;

const TICK_MS = 500;

export default defineService({
  id: "s05",
  name: "s05-reconciler",
  title: "Reconciler",
  port: 8085,
  settings: ReconcilerSettings,
  calls: { exchange, router, position },
  emits: [reconResults],
  owns: [reconciliations],
  setup(ctx) {
    const reconciler = new Reconciler(portsOf(ctx), { run: meter(ctx) });
    return {
      verbs: [actingVerb(reconciler, ctx), ...readingVerbs(ctx.store)],
      consumes: [on(accountEvents, (event) => reconciler.hear(event))],
      jobs: [every(TICK_MS, "reconcile", () => reconciler.tick())],
      checks: [
        {
          name: "first-reconciliation",
          critical: true,
          run: () => (reconciler.isReconciled ? undefined : "our books have not been compared with the exchange's yet"),
        },
      ],
      start: () => reconciler.load(),
      onNewsLost: async () => reconciler.newsLost(),
    };
  },
});

function meter({ metrics }: Ctx): (run: Reconciliation) => void {
  const agreed = metrics.gauge(
    "reconciliation_agreement_ratio",
    "Share of what we and the exchange know that both tell alike, by the newest whole run",
    ["mode"],
  );
  const runs = metrics.counter("reconciliations_total", "Reconciliation runs by cause and outcome", [
    "cause",
    "status",
  ]);
  const labels = ["type", "action", "outcome"];
  const found = metrics.counter(
    "reconciliation_items_total",
    "What reconciliations found, by what they did about it",
    labels,
  );
  return ({ mode, cause, status, summary, items }) => {
    runs.inc({ cause, status });
    if (status === "DONE" && mode === "ALL") agreed.set(summary.agreement, { mode });
    for (const { type, action, outcome } of items) found.inc({ type, action, outcome });
  };
}

const actingVerb = (reconciler: Reconciler, ctx: Ctx): Verb =>
  verb({
    name: "reconcile",
    summary: "Compare our books with the exchange's and repair what differs; planned only, on a dry run",
    rest: "POST /reconcile",
    once: "header",
    roles: ["trader", "risk", "admin"],
    input: ReconcileRequest,
    output: Reconciliation,
    async run({ mode, dry_run, orphan_policy, time_window_h }, { principal }) {
      const flags = ctx.config.current().bundle.flags.reconciliation;
      const run = await reconciler.run({
        mode,
        cause: "ASKED",
        dry_run,
        orphan_policy: orphan_policy ?? flags.orphan_policy,
        time_window_h: time_window_h ?? flags.time_window_h,
        actor: principal.id,
      });
      if (run.status === "FAILED") refuse("UNAVAILABLE", `${run.run_id} failed. ${run.message}`);
      return run;
    },
  });

const readingVerbs = (store: Store): Verb[] => [
  verb({
    name: "listReconciliations",
    summary: "Reconciliations, newest first",
    rest: "GET /reconciliations",
    input: ReconciliationsQuery,
    output: ReconciliationsPage,
    run: async ({ mode, cause, status, ...asked }) =>
      pageOf(await store.query(reconciliations, newestFirst(asked, "started_at", { mode, cause, status }))),
  }),
  verb({
    name: "readReconciliation",
    summary: "One reconciliation, with what it found and did",
    rest: "GET /reconciliations/{run_id}",
    input: z.object({ run_id: z.string().max(64) }),
    output: Reconciliation,
    async run({ run_id }) {
      return (
        (await store.get(reconciliations, run_id))?.value ??
        refuse("NOT_FOUND", `There is no reconciliation ${run_id}.`)
      );
    },
  }),
];

const portsOf = (ctx: Ctx): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  calls: ctx.calls,
  flags: () => ctx.config.current().bundle.flags.reconciliation,
  alert: (...alert) => ctx.alert(...alert),
  audit: (entry) => ctx.audit(entry),
  warn: (message, fields) => ctx.log.warn(message, fields),
});
