/** S6, the position manager: trades from fills, stops that only rise, staged exits, and everything closed on demand. */
import {
  autoTransfers,
  holdingsSpotSnapshots,
  positionMarks,
  positionsSnapshots,
  statements,
  taxRows,
  trades,
} from "../../shared/collections/trades.ts";
import { exchange, gateway, router } from "../../shared/contracts.ts";
import { type Context, defineService, every, on } from "../../shared/kit/service.ts";
import {
  accountEvents,
  alerts,
  funding,
  healthEvents,
  opsEvents,
  orderCommands,
  orderResults,
  positionEvents,
  ticker,
} from "../../shared/streams.ts";
import { PositionSettings } from "../../shared/trading/position/position-settings.ts";
import { actingVerbs } from "./acting.verbs.ts";
import { standingFigures, tradeFigures } from "./figures.ts";
import { Positions } from "./positions.ts";
import { readingVerbs } from "./reading.verbs.ts";
import { statementVerbs } from "./statement.verbs.ts";
import type { Ports } from "./types.ts";

type Ctx = Context<PositionSettings, { exchange: typeof exchange; router: typeof router; gateway: typeof gateway }>;

const CATCH_UP_EVERY_MS = 1_000;
const ALIVE_EVERY_MS = 2_000;
const ROUND_EVERY_MS = 10_000;
const FIGURES_EVERY_MS = 15_000;
const SNAPSHOT_EVERY_MS = 60_000;
const AUTO_TRANSFER_EVERY_MS = 60_000;
const LISTINGS_EVERY_MS = 60_000;
const FUNDING_EVERY_MS = 60_000;
const ACCOUNTS_EVERY_MS = 600_000;

export default defineService({
  id: "s06",
  name: "s06-position",
  title: "Position Manager",
  port: 8086,
  settings: PositionSettings,
  calls: { exchange, router, gateway },
  emits: [positionEvents, orderCommands, alerts, opsEvents],
  owns: [trades, positionsSnapshots, positionMarks, autoTransfers, holdingsSpotSnapshots, statements, taxRows],
  setup(ctx) {
    const positions = new Positions(portsOf(ctx));
    positions.book.onTrade(tradeFigures(ctx.metrics));
    return {
      verbs: [
        ...actingVerbs(positions),
        ...readingVerbs(ctx.store, positions),
        ...statementVerbs({
          ...{ account: ctx.account, clock: ctx.clock, store: ctx.store, holdingsSpot: positions.holdingsSpot },
          price: (asset) => positions.prices.bid(`SPOT:${asset}USDT`),
          wallet: (asset) => positions.accounting.spotWallet(asset),
        }),
      ],
      consumes: [
        on(orderResults, (event, message) => positions.results.hear(event, message)),
        on(accountEvents, (event) => positions.hearAccount(event)),
        on(healthEvents, (event) => positions.gate.hear(event)),
        on(ticker, (event) => positions.caretaker.hear(event)),
        on(funding, (event) => positions.caretaker.hear(event)),
      ],
      jobs: [
        every(CATCH_UP_EVERY_MS, "first-listings", () => positions.catchUp()),
        every(ALIVE_EVERY_MS, "alive", () => positions.sayAlive()),
        every(ROUND_EVERY_MS, "round", () => positions.round()),
        every(FIGURES_EVERY_MS, "figures", standingFigures(ctx.metrics, positions)),
        every(SNAPSHOT_EVERY_MS, "equity-snapshot", () => positions.accounting.snapshot()),
        every(AUTO_TRANSFER_EVERY_MS, "auto-transfer", () => positions.autoTransfers.round()),
        every(LISTINGS_EVERY_MS, "listings", () => positions.prices.loadListings()),
        every(FUNDING_EVERY_MS, "funding", () => positions.funding.catchUp()),
        every(ACCOUNTS_EVERY_MS, "accounts", () => positions.keepAccounts()),
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

const portsOf = (ctx: Ctx): Ports => ({
  account: ctx.account,
  settings: ctx.settings,
  clock: ctx.clock,
  store: ctx.store,
  router: ctx.calls.router,
  exchange: ctx.calls.exchange,
  gateway: ctx.calls.gateway,
  config: () => ctx.config.current(),
  revision: (rev) => (rev === undefined ? undefined : ctx.config.known(rev)) ?? ctx.config.current(),
  learn: (rev) => ctx.config.find(rev),
  command: (intent) => ctx.publish(orderCommands, intent, intent.instrument),
  noEntries: () => ctx.noEntries(),
  audit: (entry) => ctx.audit(entry),
  alert: (...alert) => ctx.alert(...alert),
  warn: (message, fields) => ctx.log.warn(message, fields),
});
