/** What the router's parts share: the ports they use, its settings, and the shapes of its questions. */
import { z } from "@hono/zod-openapi";
import { CostCurve, ExecutionPlan } from "../../shared/collections/execution.ts";
import type { exchange } from "../../shared/contracts.ts";
import type { BundleView } from "../../shared/domain/bundle.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { Fill, IntentKind, Order, OrderStatus } from "../../shared/domain/order.ts";
import type { Clock, Op, Quota, Store } from "../../shared/kit/ports.ts";
import type { Shard } from "../../shared/kit/shard.ts";
import { inOrder, ListOf, Paging, Period } from "../../shared/paging.ts";
import type { Alert } from "../../shared/streams.ts";

type Methods = typeof exchange.methods;
/** S1 as the router calls it. */
export type ExchangeCalls = {
  readonly [M in keyof Methods]: (
    input: z.input<Methods[M]["input"]>,
    options?: { timeoutMs?: number },
  ) => Promise<z.output<Methods[M]["output"]>>;
};

export const RouterSettings = z.object({
  /** Head of every client order id of this installation. */
  installationTag: z
    .string()
    .regex(/^[a-z0-9]{4}$/, "four characters a-z, 0-9")
    .default("chim"),
  /** How long `placeOrder` waits for the exchange's first word before it answers 202. */
  answerWaitMs: z.coerce.number().int().min(0).default(300),
  exchangeTimeoutMs: z.coerce.number().int().min(100).default(5_000),
  /** For this long after sending, "no such order" proves nothing. */
  unknownLagMs: z.coerce.number().int().min(0).default(30_000),
  /** Waits between questions about an order double from the first to the second. */
  askWaitMs: z.coerce.number().int().min(1).default(250),
  askWaitMsMax: z.coerce.number().int().min(1).default(2_000),
  /** A futures position without a stop for this long is closed. */
  protectWithinMs: z.coerce.number().int().min(0).default(2_000),
  /** While an entry fills, its stop and target grow at most this often. */
  protectGrowMs: z.coerce.number().int().min(0).default(250),
  /** How long a kill request waits for entries in flight before it lists them as outstanding. */
  killWaitMs: z.coerce.number().int().min(0).default(1_000),
  tickerAgeMsMax: z.coerce.number().int().min(1).default(5_000),
  exitRetryMs: z.coerce.number().int().min(1).default(200),
  exitRetryMsMax: z.coerce.number().int().min(1).default(2_000),
  /** Exits that came back unfilled this often end with an alert. */
  exitRetriesMax: z.coerce.number().int().min(0).default(300),
  /** Of one instrument, so many entries leave at the same time, and so many questions; exits and cancels never wait. */
  entriesAtOnce: z.coerce.number().int().min(1).default(8),
  questionsAtOnce: z.coerce.number().int().min(1).default(4),
  breakerCallsMin: z.coerce.number().int().min(1).default(10),
});
export type RouterSettings = z.output<typeof RouterSettings>;

export interface Ports {
  readonly account: string;
  readonly settings: RouterSettings;
  readonly clock: Clock;
  readonly store: Store;
  readonly quota: Quota;
  /** The instruments that this instance answers for: whatever is told of others is none of its business. */
  readonly shard: Shard;
  readonly exchange: ExchangeCalls;
  /** The newest revision. */
  config(): BundleView;
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
