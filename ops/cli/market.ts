/** The market a person asks for: `agents`, `quiet`, `replay:FILE[,FILE…]` or `mirror[:SPOT_URL,UM_URL]`. */
import { fetchNet } from "../../shared/adapters/net.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { defaultListings, type Listing } from "../../shared/engine/listing.ts";
import type { Clock, Random } from "../../shared/kit/ports.ts";
import { filesUnder } from "../data/folder-files.ts";
import { readLastPrices } from "../run/last-prices.ts";
import { AgentsMarket } from "../venue/agents.ts";
import { printOf } from "../venue/frames.ts";
import { type History, readHistory } from "../venue/kline-files.ts";
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
  /** `FUT:BTCUSDT=FILE[,…]`: kline files of what was before, for agents and recordings. */
  history?: string | undefined;
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
  filesOf(wanted);
  return kind;
}

/** The recorded files of `replay:FILE[,FILE…]`, or of folders; none of another market. Throws when one is not there. */
export const filesOf = (wanted: string): string[] =>
  wanted.startsWith("replay:")
    ? wanted
        .slice("replay:".length)
        .split(",")
        .filter((file) => file !== "")
        .flatMap(filesUnder)
    : [];

const originOf = (wanted: string) => (wanted === "mirror" ? BINANCE : readOrigin(wanted.slice("mirror:".length)));

/** `INSTRUMENT=FILE[,…]`; throws for an instrument that is not listed and a file that cannot be read. */
export async function readHistories(text = "", listings: readonly Listing[]): Promise<Map<InstrumentId, History>> {
  const histories = new Map<InstrumentId, History>();
  for (const each of text.split(",").filter((part) => part !== "")) {
    const [name = "", file = ""] = each.split("=", 2);
    const listing = listings.find(({ instrument }) => instrument === name);
    if (!listing || file === "") {
      const names = listings.map(({ instrument }) => instrument).join(", ");
      throw new Error(`--history ${each}: say INSTRUMENT=FILE, with one of ${names}.`);
    }
    histories.set(listing.instrument, await readHistory(file, printOf(listing)));
  }
  return histories;
}

function refuseMarket(wanted: string): never {
  throw new Error(`--market ${wanted}: say agents, quiet or replay:FILE[,FILE...], or mirror[:SPOT_URL,UM_URL].`);
}

export async function openMarket(wanted: string, origins: Origins): Promise<MarketModel> {
  const { clock, random, prices } = origins;
  const listings = defaultListings();
  const history = await readHistories(origins.history, listings);
  if (wanted === "agents")
    return new AgentsMarket({ clock, random, listings, prices: readLastPrices(prices), history });
  if (wanted.startsWith("replay:")) return openReplayMarket({ clock, files: filesOf(wanted), listings, history });
  if (history.size > 0) throw new Error("--history is for the agents' market and for recordings.");
  if (wanted === "quiet") return quietMarket(listings, clock);
  if (wanted.split(":")[0] === "mirror") {
    const onTrouble = (message: string): void => void process.stderr.write(`mirror: ${message}\n`);
    return openMirrorMarket({ clock, net: fetchNet(clock), origin: originOf(wanted), listings, onTrouble });
  }
  return refuseMarket(wanted);
}
