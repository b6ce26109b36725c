import { expect, test } from "bun:test";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { AgentsMarket } from "./agents.ts";
import { quietMarket } from "./quiet.ts";
import { LAGS, LEVELS, PARTS, type Profile, surveyMarket } from "./survey.ts";
import { drawSurveys } from "./survey-picture.ts";

const listings = defaultListings();
const [btc] = listings.filter(({ instrument }) => instrument === "FUT:BTCUSDT");

async function agents(seed: number): Promise<Profile> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 8));
  const market = new AgentsMarket({ clock, random: seededRandom(seed), listings: [btc!] });
  const [profile] = await surveyMarket({ market, clock, listings: [btc!] }, 180);
  return profile!;
}

test("agents make a market whose figures lie where recorded ones do", async () => {
  const found = await agents(3);
  expect(found.seconds).toBeGreaterThan(170);
  // One tick of 0.1 at 60 000: 0.0167 bps, three times of four at least.
  expect(found.spread_bps[PARTS.indexOf(0.75)]).toBeLessThan(0.02);
  expect(found.depth_usdt).toHaveLength(LEVELS);
  expect(found.depth_usdt[0]).toBeGreaterThan(50_000);
  expect(found.depth_usdt[5]).toBeLessThan(50_000);
  expect(found.return_bps.s1).toBeGreaterThan(0.4);
  expect(found.return_bps.s1).toBeLessThan(3);
  expect(found.excess_kurtosis.s1).toBeGreaterThan(1);
  expect(found.still).toBeGreaterThan(0.2);
  expect(found.burstiness).toBeGreaterThan(10);
  expect(found.side_acf).toHaveLength(LAGS);
  expect(found.side_acf[0]).toBeGreaterThan(0.5);
  const [small, , middle, , , large] = found.trade_usdt as [number, number, number, number, number, number];
  expect(middle).toBeLessThan(2_000);
  expect(large / small).toBeGreaterThan(100);
}, 300_000);

test("a market in which nothing happens has nothing to sum up", async () => {
  const clock = new VirtualClock(0);
  const market = quietMarket(listings, clock);
  expect(await surveyMarket({ market, clock, listings }, 60)).toEqual([]);
});

test("the picture has two lines in each chart, and escapes what it says", async () => {
  const profile = await agents(4);
  const svg = drawSurveys([{ recorded: profile, agents: profile }], "a < b & c");
  expect(svg.match(/<polyline/g)).toHaveLength(12);
  expect(svg).toContain("a &lt; b &amp; c");
  expect(svg).not.toContain("NaN");
}, 300_000);
