/** Every named step of the order path at which a service may die, told by what it does at its ports. */
import { intents, orders } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import type { IntentKind, Order } from "../../shared/domain/order.ts";
import type { Collection, ServiceId } from "../../shared/kit/ports.ts";
import { type OrderResult, orderResults } from "../../shared/streams.ts";
import type { Step } from "./lives.ts";

/** Of a trade's life. */
export const PHASES = ["entry", "protection", "move", "exit"] as const;
export type Phase = (typeof PHASES)[number];

export interface NamedStep {
  readonly name: string;
  readonly phase: Phase;
  readonly kills: readonly ServiceId[];
  /** The kill comes so long after the step: what has left by then is on its way. */
  readonly laterMs?: number;
  readonly is: (step: Step) => boolean;
}

type When = Step["when"];
const EVERYBODY: readonly ServiceId[] = ["s01", "s02", "s03", "s04", "s05", "s06", "s10", "s11", "s12"];
const UNDER_WAY_MS = 1;

/** A commit of `by` that puts a document of `collection` of this kind. */
const stores =
  <T>(by: ServiceId, when: When, collection: Collection<T>, is: (value: T) => boolean) =>
  (step: Step): boolean =>
    step.by === by &&
    step.when === when &&
    step.port === "commit" &&
    step.ops.some((op) => op.op === "put" && op.collection.name === collection.name && is(op.value as T));
const storesOrder = (when: When, ...kinds: IntentKind[]) =>
  stores("s04", when, orders, (order: Order) => order.status === "PENDING" && kinds.includes(order.kind));

/** What S1 sends to the exchange. */
const sends = (when: When, method: "POST" | "DELETE", path: RegExp) => (step: Step) =>
  step.by === "s01" &&
  step.when === when &&
  step.port === "fetch" &&
  step.request.method === method &&
  path.test(new URL(step.request.url).pathname);
const PLAIN = /^\/(fapi\/v1|api\/v3)\/order$/;
const PROTECTIVE = /^\/(fapi\/v1\/algoOrder|api\/v3\/orderList\/oco)$/;
const ANY = /^\/(fapi\/v1\/(order|algoOrder)|api\/v3\/(order|orderList))/;

const asks = (by: ServiceId, when: When, ...methods: string[]) => {
  return (step: Step) => step.by === by && step.when === when && step.port === "call" && methods.includes(step.method);
};
const tellsFills = (step: Step): boolean =>
  step.by === "s04" &&
  step.when === "before" &&
  step.port === "publish" &&
  step.stream.family === orderResults.family &&
  (step.event as OrderResult).fills.length > 0;
const submits = (when: When) => asks("s04", when, "submitOrder", "submitOco");
const storesTrade = (when: When) => stores("s06", when, trades, () => true);
const storesClosed = stores("s06", "before", trades, (trade) => trade.status === "CLOSED");
const storesIntent = (when: When) => stores("s04", when, intents, (record) => record.state === "RUNNING");
const asksOut = stores("s06", "after", trades, (trade) => trade.params.pending !== undefined);

const ENTRY: readonly Omit<NamedStep, "phase">[] = [
  { name: "S4 before the intent is stored", kills: ["s04"], is: storesIntent("before") },
  { name: "S4 with the intent stored and not sent", kills: ["s04"], is: storesIntent("after") },
  { name: "S1 with the order asked for and not sent", kills: ["s01"], is: sends("before", "POST", PLAIN) },
  { name: "S4 with the order under way", kills: ["s04"], laterMs: UNDER_WAY_MS, is: sends("before", "POST", PLAIN) },
  { name: "S1 with the order under way", kills: ["s01"], laterMs: UNDER_WAY_MS, is: sends("before", "POST", PLAIN) },
  { name: "S1 with the answer in hand", kills: ["s01"], is: sends("after", "POST", PLAIN) },
  { name: "S4 with the answer in hand and not stored", kills: ["s04"], is: submits("after") },
  { name: "S4 with the fill stored and not told", kills: ["s04"], is: tellsFills },
  { name: "S6 before the fill is stored", kills: ["s06"], is: storesTrade("before") },
  { name: "S6 with the fill stored and not acknowledged", kills: ["s06"], is: storesTrade("after") },
  { name: "all with the order under way", kills: EVERYBODY, laterMs: UNDER_WAY_MS, is: sends("before", "POST", PLAIN) },
  { name: "all with the intent stored and not sent", kills: EVERYBODY, is: storesIntent("after") },
];
const PROTECTION: readonly Omit<NamedStep, "phase">[] = [
  { name: "S4 before the stop is stored", kills: ["s04"], is: storesOrder("before", "SL") },
  { name: "S4 with the stop stored and not sent", kills: ["s04"], is: storesOrder("after", "SL") },
  {
    name: "S1 with the stop under way",
    kills: ["s01"],
    laterMs: UNDER_WAY_MS,
    is: sends("before", "POST", PROTECTIVE),
  },
  {
    name: "S4 with the stop under way",
    kills: ["s04"],
    laterMs: UNDER_WAY_MS,
    is: sends("before", "POST", PROTECTIVE),
  },
  { name: "S4 with the stop answered and not stored", kills: ["s04"], is: submits("after") },
  {
    name: "all with the stop under way",
    kills: EVERYBODY,
    laterMs: UNDER_WAY_MS,
    is: sends("before", "POST", PROTECTIVE),
  },
];
const MOVE: readonly Omit<NamedStep, "phase">[] = [
  { name: "S6 with the move stored and not asked for", kills: ["s06"], is: asksOut },
  { name: "S4 with the move stored", kills: ["s04"], is: storesIntent("after") },
  { name: "S4 before the old stop is cancelled", kills: ["s04"], is: asks("s04", "before", "cancelOrder") },
  { name: "S4 with the cancel under way", kills: ["s04"], laterMs: UNDER_WAY_MS, is: sends("before", "DELETE", ANY) },
  { name: "S1 with the cancel under way", kills: ["s01"], laterMs: UNDER_WAY_MS, is: sends("before", "DELETE", ANY) },
  { name: "S4 with the cancel answered and not stored", kills: ["s04"], is: asks("s04", "after", "cancelOrder") },
  {
    name: "all with the cancel under way",
    kills: EVERYBODY,
    laterMs: UNDER_WAY_MS,
    is: sends("before", "DELETE", ANY),
  },
];
const EXIT: readonly Omit<NamedStep, "phase">[] = [
  { name: "S6 with the exit stored and not asked for", kills: ["s06"], is: asksOut },
  { name: "S4 with the exit stored and not sent", kills: ["s04"], is: storesOrder("after", "EXIT") },
  { name: "S1 with the exit under way", kills: ["s01"], laterMs: UNDER_WAY_MS, is: sends("before", "POST", PLAIN) },
  { name: "S4 with the exit answered and not stored", kills: ["s04"], is: submits("after") },
  { name: "S4 with the exit's fill stored and not told", kills: ["s04"], is: tellsFills },
  { name: "S6 before the exit's fill is stored", kills: ["s06"], is: storesClosed },
  { name: "all with the exit under way", kills: EVERYBODY, laterMs: UNDER_WAY_MS, is: sends("before", "POST", PLAIN) },
];

const at = (phase: Phase, steps: readonly Omit<NamedStep, "phase">[]): NamedStep[] =>
  steps.map((step) => ({ ...step, phase }));
export const STEPS: readonly NamedStep[] = [
  ...at("entry", ENTRY),
  ...at("protection", PROTECTION),
  ...at("move", MOVE),
  ...at("exit", EXIT),
];
