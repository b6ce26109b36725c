/** ccxt's clients as this connector uses them: loaded only when asked for, on our Net and Clock, amounts kept as text. */

import type { Market } from "../../../shared/domain/instrument.ts";
import { refuse } from "../../../shared/errors.ts";
import { checkReach } from "../hosts.ts";
import type { Surroundings } from "../types.ts";
import { dialectOf } from "./dialects.ts";
import type { NetBridge } from "./net-bridge.ts";
import type { CcxtClient, Params } from "./unified.ts";

type Library = Readonly<Record<string, unknown>> & { readonly pro: Readonly<Record<string, unknown>> };
type Maker = new (config: Params) => CcxtClient;

/**
 * One client for one market, which is how ccxt never files one market's trades under the other's. `floats`: for market
 * data, whose books ccxt keeps as floats; everything else keeps amounts as text.
 */
export async function openClient(
  around: Surroundings,
  bridge: NetBridge,
  { market, floats }: { market: Market; floats: boolean },
): Promise<CcxtClient> {
  const { settings, clock } = around;
  const dialect = dialectOf(settings.ccxtExchange);
  const name = (market === "FUT" ? dialect.futures : undefined) ?? settings.ccxtExchange;
  const library = (await import("ccxt")).default as unknown as Library;
  const Client = (library.pro[name] ?? library[name]) as Maker | undefined;
  if (typeof Client !== "function") return refuse("INVALID", `ccxt knows no exchange called ${name}.`);
  const client = new Client({
    ...{ apiKey: settings.apiKey, secret: settings.apiSecret, password: settings.apiPassword },
    ...{ enableRateLimit: true, timeout: settings.callTimeoutMs },
    options: {
      ...{ defaultType: market === "SPOT" ? "spot" : "swap", recvWindow: settings.recvWindowMs, tradesLimit: 100 },
      ...dialect.options?.(market),
    },
  });
  client.has.fetchCurrencies = false;
  if (!floats) client.number = String;
  const urls = urlsOf(around, market);
  if (urls !== undefined) client.urls = { ...client.urls, api: urls };
  else if (settings.mode === "testnet") client.setSandboxMode(true);
  client.fetchImplementation = bridge.fetch;
  client.milliseconds = () => Math.floor(clock.now());
  // What is asked is what is sent: steps are the callers' to keep, and the exchange's to refuse.
  client.amountToPrecision = (_, amount) => String(amount);
  client.priceToPrecision = (_, price) => String(price);
  guardSockets(around, client);
  await client.loadHttpProxyAgent();
  return client;
}

/** What the settings say instead of ccxt's own addresses. */
function urlsOf({ settings }: Surroundings, market: Market): Params | undefined {
  if (settings.ccxtUrls === undefined) return dialectOf(settings.ccxtExchange).urls?.(settings, market);
  try {
    return JSON.parse(settings.ccxtUrls) as Params;
  } catch {
    return refuse("INVALID", "CHIMERA_S01_CCXT_URLS is no JSON.");
  }
}

/** ccxt opens its sockets by itself; at least none is opened where it must not be. */
function guardSockets({ settings }: Surroundings, client: CcxtClient): void {
  const open = client.client.bind(client);
  client.client = (url) => {
    // Some names stand for no address: ccxt keeps its own notes under them.
    if (/^wss?:/.test(url)) checkReach(settings, url);
    return open(url);
  };
}
