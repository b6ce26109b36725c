/** S6, the position manager: trades from fills, stops that only rise, staged exits, and everything closed on demand. */
import { z } from "@hono/zod-openapi";
import { positionsSnapshots, trades } from "../../shared/collections/trades.ts";
import { exchange, position, router } from "../../shared/contracts.ts";
import { answers, type Context, defineService, every, on, verb } from "../../shared/kit/service.ts";
import {
  accountEvents,
  alerts,
  funding,
  opsEvents,
  orderCommands,
  orderResults,
  positionEvents,
  ticker,
} from "../../shared/streams.ts";
import { Positions } from "./positions.ts";
import { readingVerbs } from "./reading.verbs.ts";
import { ManageAnswer, ManageRequest, type Ports, PositionSettings } from "./types.ts";

type Ctx = Context<PositionSettings, { exchange: typeof exchange; router: typeof router }>;

const CATCH_UP_EVERY_MS = 1_000;
const ROUND_EVERY_MS = 10_000;
const SNAPSHOT_EVERY_MS = 60_000;
const LISTINGS_EVERY_MS = 60_000;

export default defineService({
  id: "s06",
  name: "s06-position",
  title: "Position Manager",
  port: 8086,
  settings: PositionSettings,
  calls: { exchange, router },
  emits: [positionEvents, orderCommands, alerts, opsEvents],
  owns: [trades, positionsSnapshots],
  setup(ctx) {
    const positions = new Positions(portsOf(ctx));
    return {
      verbs: [...actingVerbs(positions), ...readingVerbs(ctx.store, positions)],
      consumes: [
        on(orderResults, (event, message) => positions.results.hear(event, message)),
        on(accountEvents, (event) => positions.hearAccount(event)),
        on(ticker, (event) => positions.caretaker.hear(event)),
        on(funding, (event) => positions.caretaker.hear(event)),
      ],
      jobs: [
        every(CATCH_UP_EVERY_MS, "first-listings", () => positions.catchUp()),
        every(ROUND_EVERY_MS, "round", () => positions.round()),
        every(SNAPSHOT_EVERY_MS, "equity-snapshot", () => positions.accounting.snapshot()),
        every(LISTINGS_EVERY_MS, "listings", () => positions.prices.loadListings()),
      ],
      checks: [
        {
          name: "listings",
          critical: true,
          run: () => (positions.prices.isComplete ? undefined : "the exchange's instruments are not known yet"),
        },
      ],
      start: () => positions.start(),
      onNewsLost: () => positions.lookForMissed(),
    };
  },
});

const FlattenRequest = position.methods.flatten.input;

const actingVerbs = (positions: Positions) => [
  answers(position.methods.flatten, {
    name: "flatten",
    summary: "Close positions by market, reduce-only; stops stay until flat",
    async run({ instruments }) {
      return { closing: await positions.caretaker.flatten(instruments) };
    },
  }),
  verb({
    name: "flattenPositions",
    summary: "Close positions by market, reduce-only; stops stay until flat",
    rest: "POST /positions/flatten",
    input: FlattenRequest,
    output: z.object({ closing: z.array(z.string()) }),
    roles: ["trader", "risk", "admin"],
    async run({ instruments }) {
      return { closing: await positions.caretaker.flatten(instruments) };
    },
  }),
  verb({
    name: "managePositions",
    summary: "Move stops, take parts of profits, close; planned only, on a dry run",
    rest: "POST /positions/manage",
    input: ManageRequest,
    output: ManageAnswer,
    roles: ["trader", "risk", "admin"],
    run: (request) => positions.requests.manage(request),
  }),
];

const portsOf = (ctx: Ctx): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  router: ctx.calls.router,
  exchange: ctx.calls.exchange,
  config: () => ctx.config.current(),
  command: (intent) => ctx.publish(orderCommands, intent, intent.instrument),
  alert: (...alert) => ctx.alert(...alert),
  warn: (message, fields) => ctx.log.warn(message, fields),
});
