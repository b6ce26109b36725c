/** A small service for the kit's tests: a verb of every kind, a stream it hears, a job. */
import { z } from "@hono/zod-openapi";
import { router } from "../contracts.ts";
import { refuse } from "../errors.ts";
import { type Alert, alerts } from "../streams.ts";
import type { Clock } from "./ports.ts";
import { answers, type Context, defineService, every, on, type Verb, verb } from "./service.ts";
import { currentFrom, currentTrace, traceId } from "./trace.ts";

/** What the service has heard and done. */
export interface Heard {
  alerts: Alert[];
  jobs: number;
  made: number;
  stopped: boolean;
  aborted: boolean;
  /** Where the person was of each call for a budget. */
  froms: (string | undefined)[];
  /** Trace of each message heard. */
  traces: (string | undefined)[];
}
export const heard = (): Heard => ({
  alerts: [],
  jobs: 0,
  made: 0,
  stopped: false,
  aborted: false,
  froms: [],
  traces: [],
});

export const echoService = (state: Heard, fail: { stream?: boolean } = {}) =>
  defineService({
    id: "s04",
    name: "s04-router",
    title: "Echo",
    port: 8084,
    settings: z.object({
      greetingMs: z.number().int().default(5).describe("How long a greeting takes"),
      loud: z.boolean().default(false),
    }),
    calls: {},
    emits: [],
    usesConfig: false,
    alias: "/api",
    owns: [],
    setup: ({ settings, clock, alert }) => ({
      verbs: [...restVerbs(state, { ...settings, alert }, clock), ...rpcVerbs(state, clock)],
      consumes: [
        on(alerts, (event) => {
          if (fail.stream) throw new Error("cannot take it");
          state.alerts.push(event);
          state.traces.push(traceId(currentTrace()));
        }),
      ],
      jobs: [every(1_000, "tick", () => void state.jobs++)],
      stop: async () => {
        state.stopped = true;
      },
    }),
  });

interface Settings {
  greetingMs: number;
  loud: boolean;
  alert: Context["alert"];
}

const restVerbs = (state: Heard, settings: Settings, clock: Clock): Verb[] => [
  verb({
    name: "greet",
    summary: "Says hello",
    rest: "GET /greetings/{name}",
    input: z.object({ name: z.string().max(10), times: z.coerce.number().int().min(1).max(3).default(1) }),
    output: z.object({ text: z.string() }),
    async run({ name, times }) {
      if (name === "nobody") refuse("NOT_FOUND", "There is nobody.");
      if (name === "broken") throw new Error("secret detail");
      if (name === "alarm") settings.alert("INFO", "ALARM", "somebody is called alarm");
      if (name === "leak")
        settings.alert("INFO", "LEAK", "GET /order?signature=abc failed", "token=def is asked again");
      if (name === "slow") await clock.sleep(settings.greetingMs);
      return { text: `${settings.loud ? "HELLO" : "hello"} ${name}`.repeat(times) };
    },
  }),
  verb({
    name: "make",
    summary: "Makes one thing",
    rest: "POST /things",
    roles: ["trader", "admin"],
    input: z.object({ size: z.number().positive() }),
    output: z.object({ thing: z.number() }),
    status: () => 201,
    run: () => ({ thing: ++state.made }),
  }),
  verb({
    name: "paint",
    summary: "Paints a thing",
    rest: "POST /things/{id}/paint",
    input: z.object({ id: z.string() }),
    output: z.object({ painted: z.string() }),
    run: ({ id }) => ({ painted: id }),
  }),
  verb({
    name: "inner",
    summary: "For services",
    rest: "GET /inner",
    audience: "service",
    input: z.object({}),
    output: z.object({ ok: z.boolean() }),
    run: () => ({ ok: true }),
  }),
];

const rpcVerbs = (state: Heard, clock: Clock): Verb[] => [
  answers(router.methods.getBudget, {
    name: "getBudget",
    summary: "What is left",
    run: ({ account }) => {
      if (account === "broken") throw new Error("secret detail");
      state.froms.push(currentFrom());
      return { account, budget_usdt: "50", used_usdt: "1.5", reserved_usdt: "0", open_positions: 1 };
    },
  }),
  answers(router.methods.setKill, {
    name: "setKill",
    summary: "Takes its time",
    async run({ epoch }, { signal }) {
      signal?.addEventListener("abort", () => {
        state.aborted = true;
      });
      await clock.sleep(500);
      return { epoch, outstanding: [] };
    },
  }),
  answers(router.methods.cancelOrder, {
    name: "cancelOrder",
    summary: "Always refuses",
    run: () => refuse("ALREADY_FILLED", "It is filled."),
  }),
];
