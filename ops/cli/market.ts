/** The market a person asks for: `agents`, `quiet` or `replay:FILE[,FILE…]`. */
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Clock, Random } from "../../shared/kit/ports.ts";
import { readLastPrices } from "../run/last-prices.ts";
import { AgentsMarket } from "../venue/agents.ts";
import type { MarketModel } from "../venue/market.ts";
import { quietMarket } from "../venue/quiet.ts";
import { openReplayMarket } from "../venue/replay-market.ts";

interface Origins {
  clock: Clock;
  random: Random;
  /** Where last prices are kept. */
  prices: string;
}

export async function openMarket(wanted: string, { clock, random, prices }: Origins): Promise<MarketModel> {
  const listings = defaultListings();
  if (wanted === "agents") return new AgentsMarket({ clock, random, listings, prices: readLastPrices(prices) });
  if (wanted === "quiet") return quietMarket(listings, clock);
  if (wanted.startsWith("replay:")) {
    const files = wanted
      .slice("replay:".length)
      .split(",")
      .filter((file) => file !== "");
    return openReplayMarket({ clock, files, listings });
  }
  throw new Error(`--market ${wanted}: say agents, quiet or replay:FILE[,FILE...].`);
}
