/** The market a person asks for: `agents`, `quiet` or `replay:FILE[,FILE…]`. */
import { existsSync } from "node:fs";
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

const KINDS = ["agents", "quiet", "replay"];

/** The kind of market that is asked for; throws when there is none of that name, or a recording is not there. */
export function marketKind(wanted: string): string {
  const kind = wanted.split(":")[0] as string;
  if (!KINDS.includes(kind) || (kind === "replay") !== wanted.includes(":")) return refuseMarket(wanted);
  const missing = filesOf(wanted).find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`There is no file ${missing}.`);
  return kind;
}

/** The recorded files of `replay:FILE[,FILE…]`; none of another market. */
export const filesOf = (wanted: string): string[] =>
  wanted.startsWith("replay:")
    ? wanted
        .slice("replay:".length)
        .split(",")
        .filter((file) => file !== "")
    : [];

function refuseMarket(wanted: string): never {
  throw new Error(`--market ${wanted}: say agents, quiet or replay:FILE[,FILE...].`);
}

export async function openMarket(wanted: string, { clock, random, prices }: Origins): Promise<MarketModel> {
  const listings = defaultListings();
  if (wanted === "agents") return new AgentsMarket({ clock, random, listings, prices: readLastPrices(prices) });
  if (wanted === "quiet") return quietMarket(listings, clock);
  if (wanted.startsWith("replay:")) return openReplayMarket({ clock, files: filesOf(wanted), listings });
  return refuseMarket(wanted);
}
