/** The market a person asks for: `agents`, `quiet` or `replay:FILE[,FILE…]`. */
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Clock, Random } from "../../shared/kit/ports.ts";
import { openAgentsMarket } from "../venue/agents.ts";
import type { MarketModel } from "../venue/market.ts";
import { quietMarket } from "../venue/quiet.ts";
import { openReplayMarket } from "../venue/replay-market.ts";

export async function openMarket(wanted: string, clock: Clock, random: Random): Promise<MarketModel> {
  const listings = defaultListings();
  if (wanted === "agents") return openAgentsMarket({ clock, random, listings });
  if (wanted === "quiet") return quietMarket(listings, clock);
  if (wanted.startsWith("replay:")) {
    const files = wanted
      .slice("replay:".length)
      .split(",")
      .filter((file) => file !== "");
    return openReplayMarket({ clock, files, listings, shift: true });
  }
  throw new Error(`--market ${wanted}: say agents, quiet or replay:FILE[,FILE...].`);
}
