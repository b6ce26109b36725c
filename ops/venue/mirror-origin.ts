/** Where a mirrored exchange is and what is asked of it: addresses of its hosts, its streams, its REST answers. */
import type { Market } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import type { Net } from "../../shared/kit/ports.ts";

export interface MirrorHost {
  /** `https://api.binance.com`. */
  readonly rest: string;
  /** `wss://stream.binance.com:9443`. */
  readonly streams: string;
}
export type MirrorOrigin = Readonly<Record<Market, MirrorHost>>;

export const BINANCE: MirrorOrigin = {
  SPOT: { rest: "https://api.binance.com", streams: "wss://stream.binance.com:9443" },
  FUT: { rest: "https://fapi.binance.com", streams: "wss://fstream.binance.com" },
};

const API: Readonly<Record<Market, string>> = { SPOT: "/api/v3", FUT: "/fapi/v1" };
const ASK_MS_MAX = 10_000;

/** `SPOT_URL,UM_URL`, each one host for REST and streams; throws a Problem INVALID. */
export function readOrigin(text: string): MirrorOrigin {
  const hosts = text.split(",").map(hostOf);
  const [SPOT, FUT] = hosts;
  if (hosts.length !== 2 || !SPOT || !FUT) return refuse("INVALID", "A mirror names two hosts: SPOT_URL,UM_URL.");
  return { SPOT, FUT };
}

function hostOf(text: string): MirrorHost {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return refuse("INVALID", `${text.slice(0, 100)} is no http or https address`);
  }
  const { origin } = new URL(text);
  return { rest: origin, streams: origin.replace(/^http/, "ws") };
}

/** The connections of one market, each with the streams of every symbol. */
export function streamUrls(market: Market, { streams }: MirrorHost, symbols: readonly string[]): string[] {
  const names = (...kinds: string[]): string =>
    symbols.flatMap((symbol) => kinds.map((kind) => `${symbol.toLowerCase()}@${kind}`)).join("/");
  if (market === "SPOT") return [`${streams}/stream?streams=${names("depth@100ms", "trade", "bookTicker")}`];
  return [
    `${streams}/public/stream?streams=${names("depth@100ms", "trade", "bookTicker")}`,
    `${streams}/market/stream?streams=${names("markPrice@1s")}`,
  ];
}

/** GET of a public endpoint; throws an Error that says what the exchange answered. */
export async function askOrigin(
  net: Net,
  { market, host }: { market: Market; host: MirrorHost },
  { path, query }: { path: string; query: Readonly<Record<string, string | number>> },
): Promise<unknown> {
  const text = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
  const url = `${host.rest}${API[market]}/${path}?${text}`;
  const said = await net.fetch({ method: "GET", url, headers: {}, timeoutMs: ASK_MS_MAX });
  if (said.status !== 200) throw new Error(`${path} answered ${said.status}: ${said.body.slice(0, 200)}`);
  return JSON.parse(said.body);
}
