/** What was done: automatic actions with their triggers, events of strategies, and lines that services logged. */
import { z } from "@hono/zod-openapi";
import { automaticActions, logEvents, strategyEvents } from "../../shared/collections/operations.ts";
import { InstrumentId } from "../../shared/domain/instrument.ts";
import { AutomaticAction, LogEvent, StrategyEvent } from "../../shared/domain/watching.ts";
import type { Store } from "../../shared/kit/ports.ts";
import { every, on, type Verb, verb } from "../../shared/kit/service.ts";
import { inOrder, ListOf, newestFirst, Paging, Period, pageOf } from "../../shared/paging.ts";
import { alerts, decisions, healthEvents, orderResults, positionEvents } from "../../shared/streams.ts";
import { createActions } from "./automatic-actions.ts";
import { createLogCollector } from "./log-events.ts";
import { pageWithText } from "./page-with-text.ts";
import type { Part, Ports } from "./parts.ts";
import { createStrategyEvents } from "./strategy-events.ts";

const text = z.string().trim().min(1).max(128).optional();

export function deedsPart({ store, peers, settings, logged }: Ports): Part {
  const actions = createActions(store);
  const events = createStrategyEvents(store);
  const logs = createLogCollector({ store, peers, own: logged });
  return {
    verbs: [actionsVerb(store), strategyEventsVerb(store), logEventsVerb(store)],
    consumes: [
      on(alerts, (alert) => actions.hearAlert(alert)),
      on(healthEvents, (event) => actions.hearHealth(event)),
      on(orderResults, (result) => actions.hearResult(result)),
      on(decisions, (decision) => events.hearDecision(decision)),
      on(positionEvents, (event) => events.hearPosition(event)),
    ],
    jobs: [every(settings.scrapeMs, "collect-logs", logs.collect)],
    async start() {
      await actions.load();
      await events.load();
      await logs.load();
    },
  };
}

const actionsVerb = (store: Store): Verb =>
  verb({
    name: "listActions",
    summary: "What the system did by itself, with what made it do so, newest first",
    rest: "GET /actions",
    input: inOrder(z.object({ ...Paging, ...Period, kind: AutomaticAction.shape.kind.optional() })),
    output: ListOf(AutomaticAction),
    run: async ({ kind, ...asked }) => pageOf(await store.query(automaticActions, newestFirst(asked, "ts", { kind }))),
  });

const strategyEventsVerb = (store: Store): Verb =>
  verb({
    name: "listStrategyEvents",
    summary: "Entries decided, trades as they went, and limits that held strategies back, newest first",
    rest: "GET /strategy-events",
    input: inOrder(
      z.object({
        ...{ ...Paging, ...Period, text },
        strategy_id: z.string().max(64).optional(),
        instrument: InstrumentId.optional(),
        kind: z.string().max(16).optional(),
      }),
    ),
    output: ListOf(StrategyEvent),
    run: ({ strategy_id, instrument, kind, text: words, ...asked }) =>
      pageWithText(store, strategyEvents, {
        query: newestFirst(asked, "ts", { strategy_id, instrument, kind }),
        words,
        textOf: (event) => `${event.text} ${event.strategy_id} ${event.instrument}`,
      }),
  });

const logEventsVerb = (store: Store): Verb =>
  verb({
    name: "listLogEvents",
    summary: "Lines that services logged at WARN or above, newest first",
    rest: "GET /log-events",
    input: inOrder(
      z.object({
        ...{ ...Paging, ...Period, text },
        service: z.string().max(16).optional(),
        level: LogEvent.shape.level.optional(),
        trace_id: z.string().max(64).optional(),
      }),
    ),
    output: ListOf(LogEvent),
    run: ({ service, level, trace_id, text: words, ...asked }) =>
      pageWithText(store, logEvents, {
        query: newestFirst(asked, "ts", { service, level, trace_id }),
        words,
        textOf: (line) => `${line.message} ${JSON.stringify(line.fields)}`,
      }),
  });
