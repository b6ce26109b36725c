/** S4, the order router: executes intents once, owns every order's life, its protection and the risk budget. */
import { costCurves, executionPlans } from "../../shared/collections/execution.ts";
import { fills, holdings, intents, orders, routerKillCopy, routerMarks } from "../../shared/collections/orders.ts";
import { exchange } from "../../shared/contracts.ts";
import { type Intent, isEntry } from "../../shared/domain/order.ts";
import { asProblem } from "../../shared/errors.ts";
import { type Context, defineService, every, on } from "../../shared/kit/service.ts";
import {
  accountEvents,
  alerts,
  depth,
  healthEvents,
  opsEvents,
  orderCommands,
  orderResults,
  ticker,
} from "../../shared/streams.ts";
import { RouterSettings } from "../../shared/trading/execution/router-settings.ts";
import { actingVerbs } from "./acting.verbs.ts";
import { bookedFigures, budgetFigures } from "./figures.ts";
import { planVerbs } from "./plans.verbs.ts";
import { PositionWatch } from "./position-watch.ts";
import { readingVerbs } from "./reading.verbs.ts";
import { Router } from "./router.ts";
import { COMPARE_EVERY_MS } from "./shared-budget.ts";
import type { Ports } from "./types.ts";

type Ctx = Context<RouterSettings, { exchange: typeof exchange }>;

const WATCH_EVERY_MS = 1_000;
const CATCH_UP_EVERY_MS = 1_000;
const MERGE_EVERY_MS = 1_000;
const SWEEP_EVERY_MS = 30_000;
const LISTINGS_EVERY_MS = 60_000;
const FIGURES_EVERY_MS = 5_000;
const FIT_EVERY_MS = 3_600_000;

export default defineService({
  id: "s04",
  name: "s04-router",
  title: "Order Router",
  port: 8084,
  settings: RouterSettings,
  calls: { exchange },
  emits: [orderResults, alerts, opsEvents],
  owns: [intents, orders, fills, holdings, executionPlans, costCurves, routerKillCopy, routerMarks],
  sharded: true,
  setup(ctx) {
    const watch = new PositionWatch(ctx.store, ctx.clock);
    const router = new Router(portsOf(ctx, watch));
    const { sharedBudget } = router;
    router.book.onBooked(bookedFigures(ctx.metrics));
    return {
      verbs: [...actingVerbs(router), ...readingVerbs(ctx.store), ...planVerbs(ctx.store)],
      consumes: [
        // All of them: a gap is told for a whole market, and every shard has to look.
        on(accountEvents, (event) => router.accounts.hear(event), "all"),
        on(orderCommands, (intent) => command(ctx, router, intent)),
        on(healthEvents, (event) => router.reaction.hear(event)),
        on(ticker, (event) => {
          router.market.hear(event);
          router.protector.hear(event);
        }),
        on(depth, (event) => router.market.hearBook(event)),
      ],
      jobs: [
        every(WATCH_EVERY_MS, "position-manager", () => watch.read()),
        every(CATCH_UP_EVERY_MS, "first-reconciliation", () => router.catchUp()),
        every(MERGE_EVERY_MS, "store-back", () => router.steady.merge()),
        every(SWEEP_EVERY_MS, "stale-orders", () => router.recovery.sweep()),
        every(LISTINGS_EVERY_MS, "listings", () => router.market.loadListings()),
        every(FIGURES_EVERY_MS, "figures", budgetFigures(ctx.metrics, router)),
        every(FIT_EVERY_MS, "cost-curves", () => router.costs.refitAll()),
        ...(sharedBudget ? [every(COMPARE_EVERY_MS, "compare-budget", () => sharedBudget.compare())] : []),
      ],
      checks: [
        {
          name: "first-reconciliation",
          critical: true,
          run: () => (router.recovery.reconciled ? undefined : "the books have not met the exchange yet"),
        },
        // Entries wait for it; exits, stops and cancels go on.
        { name: "position-manager", critical: false, run: () => watch.away() },
        { name: "bus", critical: false, run: () => ctx.noEntries() },
        { name: "journal", critical: false, run: () => router.steady.away() },
      ],
      // Exits go on by the journal.
      outlivesStore: true,
      start: () => router.start(),
      async onNewsLost() {
        // Who keeps the bus keeps the reservations too.
        sharedBudget?.doubt();
        // Executions come without an outbox: what was lost is asked of the exchange.
        await router.recovery.gap();
      },
      stop: async () => router.stop(),
    };
  },
});

/** Exits by stream. A refusal is final and told; what could not be tried now comes again. */
async function command(ctx: Ctx, router: Router, intent: Intent): Promise<void> {
  if (isEntry(intent.kind)) {
    ctx.alert("ERROR", "ENTRY_BY_STREAM", `${intent.intent_id}: only exits come this way`);
    return;
  }
  try {
    await router.admission.place(intent);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status >= 500 || problem.code === "STILL_RUNNING") throw error;
    ctx.alert("WARN", "COMMAND_REFUSED", `${intent.intent_id}: ${problem.message}`);
  }
}

const portsOf = (ctx: Ctx, watch: PositionWatch): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  journal: ctx.journal,
  quota: ctx.quota,
  shard: ctx.shard,
  exchange: ctx.calls.exchange,
  config: () => ctx.config.current(),
  revision: (rev) => (rev === undefined ? undefined : ctx.config.known(rev)) ?? ctx.config.current(),
  learn: (rev) => ctx.config.find(rev),
  noEntries: () => ctx.noEntries() ?? watch.away(),
  alert: (...alert) => ctx.alert(...alert),
  warn: (message, fields) => ctx.log.warn(message, fields),
  audit: (entry) => ctx.audit(entry),
});
