/** The market a person asks for: `agents`, `quiet`, `replay:FILE[,FILE…]` or `mirror[:SPOT_URL,UM_URL]`. */
import { existsSync } from "node:fs";
import { fetchNet } from "../../shared/adapters/net.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Clock, Random } from "../../shared/kit/ports.ts";
import { readLastPrices } from "../run/last-prices.ts";
import { AgentsMarket } from "../venue/agents.ts";
import type { MarketModel } from "../venue/market.ts";
import { openMirrorMarket } from "../venue/mirror.ts";
import { BINANCE, readOrigin } from "../venue/mirror-origin.ts";
import { quietMarket } from "../venue/quiet.ts";
import { openReplayMarket } from "../venue/replay-market.ts";

interface Origins {
  clock: Clock;
  random: Random;
  /** Where last prices are kept. */
  prices: string;
}

/** Whether more must follow the kind's name, after a colon. */
const KINDS: Readonly<Record<string, "never" | "always" | "maybe">> = {
  agents: "never",
  quiet: "never",
  replay: "always",
  mirror: "maybe",
};

/** The kind of market that is asked for; throws when there is none of that name, or a recording is not there. */
export function marketKind(wanted: string): string {
  const kind = wanted.split(":")[0] as string;
  const more = KINDS[kind];
  if (more === undefined || (more !== "maybe" && (more === "always") !== wanted.includes(":"))) {
    return refuseMarket(wanted);
  }
  if (kind === "mirror") originOf(wanted);
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

const originOf = (wanted: string) => (wanted === "mirror" ? BINANCE : readOrigin(wanted.slice("mirror:".length)));

function refuseMarket(wanted: string): never {
  throw new Error(`--market ${wanted}: say agents, quiet or replay:FILE[,FILE...], or mirror[:SPOT_URL,UM_URL].`);
}

export async function openMarket(wanted: string, { clock, random, prices }: Origins): Promise<MarketModel> {
  const listings = defaultListings();
  if (wanted === "agents") return new AgentsMarket({ clock, random, listings, prices: readLastPrices(prices) });
  if (wanted === "quiet") return quietMarket(listings, clock);
  if (wanted.startsWith("replay:")) return openReplayMarket({ clock, files: filesOf(wanted), listings });
  if (wanted.split(":")[0] === "mirror") {
    const onTrouble = (message: string): void => void process.stderr.write(`mirror: ${message}\n`);
    return openMirrorMarket({ clock, net: fetchNet(clock), origin: originOf(wanted), listings, onTrouble });
  }
  return refuseMarket(wanted);
}
