/** The paper venue as a process of its own, for the form with one process per service. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom, systemRandom } from "../../shared/adapters/random.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { openMarket } from "../cli/market.ts";
import { fileJournal, journalBounds } from "../venue/journal.ts";
import { serveVenue } from "../venue/server.ts";
import { createVenue } from "../venue/venue.ts";
import { openFolder } from "./folder.ts";
import { keepLastPrices, listingsOf } from "./last-prices.ts";
import { venueAdmin } from "./origin.ts";
import { readProcessSettings } from "./process-settings.ts";
import { clockAheadMs } from "./recorded-clock.ts";
import { withSecretFiles } from "./secret-files.ts";
import { untilAsked } from "./signals.ts";

const env = withSecretFiles(process.env);
const { bind } = readProcessSettings(env);
const wanted = env.CHIMERA_MARKET ?? "agents";
const folder = openFolder(env.CHIMERA_DATA ?? "data", {
  mode: "paper",
  venue: `paper-${wanted.split(":")[0]}`,
  account: "main",
});
const clock = wallClock(1, undefined, clockAheadMs(env));
const random = env.CHIMERA_SEED === undefined ? systemRandom() : seededRandom(env.CHIMERA_SEED);
const market = await openMarket(wanted, { clock, random, prices: folder.prices, history: env.CHIMERA_HISTORY });
const venue = createVenue({
  clock,
  random,
  market,
  journal: fileJournal(folder.journal, journalBounds(env)),
  latency: ASSUMED_LATENCY,
  ...venueAdmin(env),
});
await venue.start();
const stopPrices = keepLastPrices(folder.prices, { market, listings: listingsOf(market), clock });
const offset = Number(env.CHIMERA_PORT_OFFSET ?? 0);
const ports = { spot: 8093 + offset, um: 8094 + offset, admin: 8095 + offset };
const served = serveVenue(venue, { ports, hostname: bind });
process.stdout.write(`${JSON.stringify({ up: "venue", port: served.ports.spot, pid: process.pid })}\n`);
await untilAsked();
stopPrices();
await served.stop();
await venue.stop();
process.exit(0);
