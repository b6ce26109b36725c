/** The process that the venue soak asks: a quiet venue on ports of its own, which it prints, and nothing else. */
import { wallClock } from "../../shared/adapters/clock.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { NO_LIMITS } from "../venue/binance/limits.ts";
import { quietMarket } from "../venue/quiet.ts";
import { serveVenue } from "../venue/server.ts";
import { createVenue } from "../venue/venue.ts";

const clock = wallClock();
const venue = createVenue({
  clock,
  random: seededRandom("soak"),
  market: quietMarket(defaultListings(), clock),
  limits: NO_LIMITS,
  adminToken: "soak",
  onBug: (error) => console.error("BUG", error),
});
await venue.start();
const { ports } = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
console.log(JSON.stringify(ports));
