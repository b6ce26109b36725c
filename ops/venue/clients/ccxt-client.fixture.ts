/** ccxt clients of a served venue: unmodified but for their base URLs, given as ccxt's own sandbox. */
import binanceSpot from "../../../node_modules/ccxt/js/src/pro/binance.js";
import binanceUsdm from "../../../node_modules/ccxt/js/src/pro/binanceusdm.js";
import type { Answer } from "../test-client.ts";
import type { ClientVenue } from "./served.fixture.ts";

export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
}
const PAPER: Credentials = { apiKey: "paper-key", secret: "paper-secret" };

/** Everything that ccxt.pro's Binance classes ask a spot and USDⓈ-M host for. */
export function ccxtUrls(at: string): Record<string, unknown> {
  const [api, fapi] = [`http://${at}/api`, `http://${at}/fapi`];
  return {
    public: `${api}/v3`,
    private: `${api}/v3`,
    v1: `${api}/v1`,
    sapi: `http://${at}/sapi/v1`,
    sapiV3: `http://${at}/sapi/v3`,
    fapiPublic: `${fapi}/v1`,
    fapiPrivate: `${fapi}/v1`,
    fapiPublicV2: `${fapi}/v2`,
    fapiPrivateV2: `${fapi}/v2`,
    fapiPublicV3: `${fapi}/v3`,
    fapiPrivateV3: `${fapi}/v3`,
    fapiData: `http://${at}/futures/data`,
    dapiPublic: `http://${at}/dapi/v1`,
    ws: {
      spot: `ws://${at}/stream/ws`,
      future: `ws://${at}/ws`,
      "ws-api": { spot: `ws://${at}/ws-api/v3`, future: `ws://${at}/ws-fapi/v1` },
    },
  };
}

export async function ccxtClient(
  market: "spot" | "usdm",
  venue: ClientVenue,
  credentials: Credentials = PAPER,
): Promise<Answer> {
  const Client = market === "spot" ? binanceSpot : binanceUsdm;
  const client: Answer = new Client({
    ...credentials,
    enableRateLimit: false,
    urls: { test: ccxtUrls(venue.spot) },
    options: {
      fetchMarkets: { types: [market === "spot" ? "spot" : "linear"] },
      warnOnFetchOpenOrdersWithoutSymbol: false,
    },
  });
  client.setSandboxMode(true);
  await client.loadHttpProxyAgent();
  await client.loadMarkets();
  return client;
}

/** What a call threw: ccxt's class of error and the text. */
export const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "nothing",
    (error: Error) => `${error.name}: ${error.message}`,
  );
