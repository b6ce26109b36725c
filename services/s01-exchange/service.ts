/** S1, the exchange connectors: market data in, orders out, and nobody else holds an exchange key. */
import { put } from "../../shared/changes.ts";
import {
  balancesSnapshots,
  exchangeKillCopy,
  exchangeMarks,
  fundingRecords,
  instrumentRegistry,
  treasuryTransfers,
} from "../../shared/collections/exchange.ts";
import { instrumentsOf } from "../../shared/domain/arms.ts";
import { refuse } from "../../shared/errors.ts";
import { createGrantChecker, NOTHING_GRANTED } from "../../shared/kit/grant.ts";
import { type Context, defineService, every } from "../../shared/kit/service.ts";
import { accountEvents, alerts, depth, funding, kline, marketTrade, opsEvents, ticker } from "../../shared/streams.ts";
import { accountRestVerbs, accountRpcVerbs } from "./account.verbs.ts";
import { createConnector } from "./connector.ts";
import { Followed } from "./followed.ts";
import { incomeVerbs } from "./income.verbs.ts";
import { liveVerbs } from "./live.verbs.ts";
import { MinuteBars } from "./minute-bars.ts";
import { orderVerbs } from "./orders.verbs.ts";
import { Treasury } from "./treasury.ts";
import { treasuryVerbs } from "./treasury.verbs.ts";
import { type MarketOutlet, type Meters, Settings, type Surroundings } from "./types.ts";
import type { Venue, VenueQueries } from "./venue-port.ts";

type Ctx = Context<Settings, Record<never, never>>;

const CLOCK_EVERY_MS = 60_000;
const HELD_EVERY_MS = 5_000;
const LISTING_EVERY_MS = 600_000;
const RETENTION_EVERY_MS = 600_000;
const METERS_EVERY_MS = 1_000;
const LISTEN_KEY_EVERY_MS = 20 * 60_000;
const HEARD_EVERY_MS = 1_000;
const BALANCES_EVERY_MS = 60_000;
const FUNDING_EVERY_MS = 60_000;
const KILL_EVERY_MS = 5_000;
const SITE_EVERY_MS = 10_000;
const UNKNOWN_EVERY_MS = 5_000;
/** An answer this young shows that the exchange is reached. */
const REACH_MS_MAX = 30_000;
const BOOT_WAIT_MS = 1_000;
/** A store of recordings that is away does not hold up the stop. */
const RECORDING_END_MS = 5_000;

export default defineService({
  id: "s01",
  name: "s01-exchange",
  title: "Exchange Connectors",
  port: 8081,
  settings: Settings,
  calls: {},
  emits: [ticker, depth, marketTrade, kline, funding, accountEvents, alerts, opsEvents],
  usesBlobs: true,
  owns: [instrumentRegistry, balancesSnapshots, exchangeKillCopy, fundingRecords, treasuryTransfers, exchangeMarks],
  setup(ctx) {
    const parts = createConnector(surroundings(ctx), {
      account: ctx.account,
      store: ctx.store,
      blobs: ctx.blobs,
      outlet: outlet(ctx),
      publish: (event) => ctx.publish(accountEvents, event, event.instrument),
      audit: (entry) => ctx.audit(entry),
    });
    const { venue, instruments, recorder, market, streams, desk, kill, key, site, accountGuard, outbox, queries } =
      parts;
    const { markets } = venue.listing;
    const treasury = treasuryOf(ctx, venue);
    const followed = new Followed({ store: ctx.store, follow: (instruments) => market.follow(instruments) });
    ctx.config.onChange((active) => followed.trade(instrumentsOf(active)));
    const measureClocks = async () => {
      await Promise.all(markets.map((each) => venue.link.measureClock(each)));
    };
    for (const words of venue.lacks) ctx.log.warn("This connector lacks", { connector: venue.name, what: words });
    let running = true;
    /** Until the exchange answers; the services around start meanwhile. */
    const boot = async () => {
      while (running) {
        try {
          await measureClocks();
          await instruments.refresh(instruments.missing());
          const missing = instruments.missing();
          if (missing.length > 0) refuse("UNAVAILABLE", `${missing} has not told what it lists.`);
          await key.check();
          await accountGuard.check();
          if (running) streams.start();
          return;
        } catch (error) {
          ctx.log.warn("The exchange does not answer yet", { error: String(error) });
          await ctx.clock.sleep(BOOT_WAIT_MS);
        }
      }
    };
    return {
      verbs: [
        ...orderVerbs(parts),
        ...accountRpcVerbs(parts),
        ...accountRestVerbs(parts),
        ...incomeVerbs({ ...parts, store: ctx.store }),
        ...treasuryVerbs(treasury, ctx.store),
        ...liveVerbs(parts.live, { ...parts, settings: ctx.settings, config: () => ctx.config.current() }),
      ],
      jobs: [
        every(CLOCK_EVERY_MS, "clock-offset", measureClocks),
        every(HELD_EVERY_MS, "held-instruments", () => followed.look()),
        every(LISTING_EVERY_MS, "listing", () => instruments.refresh()),
        every(LISTING_EVERY_MS, "account-mode", () => accountGuard.check()),
        every(LISTEN_KEY_EVERY_MS, "listen-key", () => streams.keepAlive()),
        every(HEARD_EVERY_MS, "account-heard", () => streams.checkHeard()),
        every(UNKNOWN_EVERY_MS, "unknown-entries", () => desk.settleUnknown()),
        every(UNKNOWN_EVERY_MS, "unknown-transfers", () => treasury.settle()),
        every(FUNDING_EVERY_MS, "funding-records", () => parts.fundingRecords.refresh()),
        every(BALANCES_EVERY_MS, "balances", () => keepBalances(ctx, queries)),
        every(KILL_EVERY_MS, "kill-copy", () => kill.load()),
        every(SITE_EVERY_MS, "site", () => site.look()),
        every(ctx.settings.recordFlushMs, "recording-flush", () => recorder.flush()),
        every(RETENTION_EVERY_MS, "recording-retention", () => recorder.retain()),
        every(METERS_EVERY_MS, "meters", () => market.measure()),
      ],
      checks: [
        { name: "market-data", critical: true, run: () => market.trouble() },
        { name: "account-stream", critical: true, run: () => streams.trouble() },
        { name: "account-mode", critical: false, run: () => accountGuard.trouble() },
        { name: "live-arming", critical: false, run: () => parts.live.trouble() },
        { name: "api-key", critical: true, run: () => key.trouble() },
        { name: "site", critical: true, run: () => site.trouble() },
        { name: "venue", critical: true, run: () => reach(ctx, venue) },
      ],
      async start() {
        await kill.load();
        // Blobs that are away hold up no start.
        void site.look();
        await instruments.load();
        await parts.live.load();
        boot().catch((error) => ctx.log.error("Start failed", { error: String(error) }));
      },
      async stop() {
        running = false;
        market.stop();
        streams.stop();
        outbox.stop();
        await recorder.finish(RECORDING_END_MS);
      },
    };
  },
});

function treasuryOf(ctx: Ctx, { transfers, queries }: Venue): Treasury {
  const { account, clock, log, settings, store } = ctx;
  const { grantPublicKey } = settings;
  return new Treasury({
    ...{ account, clock, log, settings, store, transfers },
    grants: grantPublicKey === undefined ? NOTHING_GRANTED : createGrantChecker(grantPublicKey, clock),
    raise: (...alert) => ctx.alert(...alert),
    balances: () => queries.balances(),
    flags: () => ctx.config.current().bundle.flags.treasury,
    audit: (entry) => ctx.audit(entry),
  });
}

async function keepBalances(ctx: Ctx, queries: VenueQueries): Promise<void> {
  const ts = ctx.clock.now();
  const value = { snapshot_id: `${ctx.account}/${ts}`, account: ctx.account, balances: await queries.balances(), ts };
  await ctx.store.commit([put(balancesSnapshots, value)]);
}

/** Asks only when nothing was heard lately: every answer shows that the exchange is there. */
async function reach(ctx: Ctx, { listing, link }: Venue): Promise<string | undefined> {
  const quiet = listing.markets.filter((market) => ctx.clock.mono() - link.answeredAt(market) > REACH_MS_MAX);
  for (const market of quiet) await link.measureClock(market);
  return undefined;
}

function surroundings(ctx: Ctx): Surroundings {
  const { settings, net, clock, random, log, metrics } = ctx;
  const meters: Meters = {
    frames: metrics.counter("market_frames_total", "Frames of market data that came, by kind", ["market", "kind"]),
    dropped: metrics.counter("market_frames_dropped_total", "Frames of market data that were of no use, by why", [
      "market",
      "reason",
    ]),
    gaps: metrics.counter(
      "market_gaps_total",
      "Times that an order book had to be built anew, since something of it was missing",
      ["instrument"],
    ),
    reconnects: metrics.counter("socket_reconnects_total", "Connections to the exchange that were lost", ["socket"]),
    accountEvents: metrics.counter("account_events_total", "Events of the account stream, by kind", ["kind"]),
    recordedBytes: metrics.counter("recorded_bytes_total", "Bytes of market data recorded, compressed"),
    unrecorded: metrics.counter(
      "unrecorded_frames_total",
      "Frames left out of the recording, since it could not keep up",
    ),
    marketAgeMs: metrics.gauge("market_age_ms", "Time since the newest frame of the instrument, ms", ["instrument"]),
    usedWeight: metrics.gauge("exchange_used_weight", "Request weight used this minute, as the exchange counts it", [
      "market",
    ]),
    clockOffsetMs: metrics.gauge("exchange_clock_offset_ms", "Exchange time minus ours, ms", ["market"]),
    socketUp: metrics.gauge("socket_up", "1 while a connection to the exchange is open, else 0", ["socket"]),
    ackMs: metrics.histogram("order_ack_ms", "From sending an order to the exchange's answer, ms", {
      labels: ["market", "outcome"],
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000],
    }),
  };
  const raise: Surroundings["raise"] = (...alert) => ctx.alert(...alert);
  return { settings, net, clock, random, log, raise, meters };
}

function outlet(ctx: Ctx): MarketOutlet {
  const failed = (error: unknown) => ctx.log.error("Market event not published", { error: String(error) });
  const bars = new MinuteBars((bar) => void ctx.publish(kline, bar, bar.instrument).catch(failed));
  return {
    ticker: (event) => void ctx.publish(ticker, event, event.instrument).catch(failed),
    trade: (event) => {
      void ctx.publish(marketTrade, event, event.instrument).catch(failed);
      bars.take(event);
    },
    depth: (event) => void ctx.publish(depth, event, event.instrument).catch(failed),
    funding: (event) => void ctx.publish(funding, event, event.instrument).catch(failed),
  };
}
