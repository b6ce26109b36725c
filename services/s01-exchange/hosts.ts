/** Where each mode's exchange is: the paper venue on this machine, Binance's testnets, Binance itself. */
import type { Settings } from "./types.ts";

export interface Hosts {
  readonly spot: string;
  readonly fut: string;
  readonly spotWs: string;
  readonly futWs: string;
  /** The spot WebSocket API, which carries the spot account stream. */
  readonly spotApiWs: string;
}

const HOSTS: Readonly<Record<Settings["mode"], Hosts>> = {
  paper: {
    spot: "http://127.0.0.1:8093",
    fut: "http://127.0.0.1:8094",
    spotWs: "ws://127.0.0.1:8093",
    futWs: "ws://127.0.0.1:8094",
    spotApiWs: "ws://127.0.0.1:8093/ws-api/v3",
  },
  testnet: {
    spot: "https://testnet.binance.vision",
    fut: "https://testnet.binancefuture.com",
    spotWs: "wss://stream.testnet.binance.vision",
    futWs: "wss://fstream.binancefuture.com",
    spotApiWs: "wss://ws-api.testnet.binance.vision/ws-api/v3",
  },
  live: {
    spot: "https://api.binance.com",
    fut: "https://fapi.binance.com",
    spotWs: "wss://stream.binance.com:9443",
    futWs: "wss://fstream.binance.com",
    spotApiWs: "wss://ws-api.binance.com:443/ws-api/v3",
  },
};

type Asked = Pick<
  Settings,
  "mode" | "paperRemote" | "venueSpotUrl" | "venueFutUrl" | "venueSpotWsUrl" | "venueFutWsUrl" | "venueSpotApiWsUrl"
>;

/** The mode's own, each overridden by its setting. Throws an Error that names what paper trading must not talk to. */
export function hostsOf(settings: Asked): Hosts {
  const preset = HOSTS[settings.mode];
  const hosts: Hosts = {
    spot: settings.venueSpotUrl ?? preset.spot,
    fut: settings.venueFutUrl ?? preset.fut,
    spotWs: settings.venueSpotWsUrl ?? preset.spotWs,
    futWs: settings.venueFutWsUrl ?? preset.futWs,
    spotApiWs: settings.venueSpotApiWsUrl ?? preset.spotApiWs,
  };
  for (const url of Object.values(hosts)) checkReach(settings, url);
  return hosts;
}

/** Where Binance takes orders for real money. */
const REAL = /^(api\d?|api-gcp|fapi|ws-api|ws-fapi)\.binance\.com$/;

/** Throws an Error for what is not on this machine though the mode is paper, and for where only live may trade. */
export function checkReach({ mode, paperRemote }: Pick<Asked, "mode" | "paperRemote">, url: string): void {
  const { host, hostname } = new URL(url);
  if (mode === "paper" && !paperRemote && !isLoopback(url)) {
    throw new Error(
      `Paper trading stays on this machine, and ${host} is elsewhere: ` +
        "set CHIMERA_S01_PAPER_REMOTE=true if that is a paper exchange, or CHIMERA_MODE to testnet or live.",
    );
  }
  if (mode !== "live" && REAL.test(hostname)) {
    throw new Error(`${host} takes orders for real money, and the mode is ${mode}: that needs CHIMERA_MODE=live.`);
  }
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
