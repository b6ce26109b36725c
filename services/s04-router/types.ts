/** What the router's parts share: the ports they use, its settings, and the shapes of its questions. */
import { z } from "@hono/zod-openapi";
import { CostCurve, ExecutionPlan } from "../../shared/collections/execution.ts";
import type { exchange } from "../../shared/contracts.ts";
import type { ActiveConfig } from "../../shared/domain/arms.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { Fill, IntentKind, Order, OrderStatus } from "../../shared/domain/order.ts";
import type { Clock, Journal, Op, Quota } from "../../shared/kit/ports.ts";
import type { Shard } from "../../shared/kit/shard.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import type { Alert } from "../../shared/streams.ts";
import type { RouterSettings } from "../../shared/trading/execution/router-settings.ts";
import type { RouterStore } from "./steady-store.ts";

type Methods = typeof exchange.methods;
/** S1 as the router calls it. */
export type ExchangeCalls = {
  readonly [M in keyof Methods]: (
    input: z.input<Methods[M]["input"]>,
    options?: { timeoutMs?: number },
  ) => Promise<z.output<Methods[M]["output"]>>;
};

export interface Ports {
  readonly account: string;
  readonly settings: RouterSettings;
  readonly clock: Clock;
  readonly store: RouterStore;
  /** What cannot wait until the store is back is kept there. */
  readonly journal: Journal;
  readonly quota: Quota;
  /** The instruments that this instance answers for: whatever is told of others is none of its business. */
  readonly shard: Shard;
  readonly exchange: ExchangeCalls;
  /** What is in force: budgets, limits and health are always the newest. */
  config(): ActiveConfig;
  /** What an intent is executed by: the revision that it names, else, or where nobody knows that, the newest. */
  revision(rev: number | undefined): BundleView;
  /** Has a revision at hand for `revision`; undefined: there is none. Throws while nobody can be asked. */
  learn(rev: number): Promise<BundleView | undefined>;
  /** Why no risk should be added now: nobody would hear of it. */
  noEntries(): string | undefined;
  alert(severity: Alert["severity"], code: string, message: string, action?: string): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  audit(entry: { actor: string; what: string; ref: string; outcome: string }): Op;
}

const page = { ...Paging, ...Period };
export const OrdersQuery = inOrder(
  z.object({
    ...page,
    instrument: InstrumentId.optional(),
    status: OrderStatus.optional(),
    kind: IntentKind.optional(),
    intent_id: z.string().max(128).optional(),
    /** Only those that may still trade. */
    open: z.enum(["true", "false"]).optional(),
  }),
);
export const FillsQuery = inOrder(
  z.object({
    ...page,
    instrument: InstrumentId.optional(),
    intent_id: z.string().max(128).optional(),
    trade_id: z.string().max(128).optional(),
  }),
);
export const PlansQuery = inOrder(
  z.object({ ...page, instrument: InstrumentId.optional(), state: ExecutionPlan.shape.state.optional() }),
);
export const CostsQuery = z.object({ ...Paging, instrument: InstrumentId.optional() });
export const PlansPage = ListOf(ExecutionPlan);
export const CostCurvesPage = ListOf(CostCurve);
export const OrdersPage = ListOf(Order);
export const FillsPage = ListOf(Fill);
