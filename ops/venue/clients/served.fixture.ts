/** A served venue for one client library's test: a quiet market with a maker, real sockets, keys of every kind. */
import { setDefaultTimeout } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { wallClock } from "../../../shared/adapters/clock.ts";
import { seededRandom } from "../../../shared/adapters/random.ts";
import { defaultListings } from "../../../shared/engine/listing.ts";
import { BINANCE_LIMITS, type LimitRules } from "../binance/limits.ts";
import { quietMarket } from "../quiet.ts";
import { type ServedVenue, serveVenue } from "../server.ts";
import { type Answer, type Fields, hmac, query } from "../test-client.ts";
import { createVenue, type Venue } from "../venue.ts";

// A whole life takes a second or two; a busy machine may take its time.
setDefaultTimeout(60_000);

const ed25519 = generateKeyPairSync("ed25519", {
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const rsa = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** What signs with these is the account `paper`, whose HMAC key is `paper-key` and secret `paper-secret`. */
export const ED25519 = { key: "paper-ed25519", privateKey: ed25519.privateKey };
export const RSA = { key: "paper-rsa", privateKey: rsa.privateKey };

const balances = { SPOT: { USDT: "100000", BTC: "10" }, FUT: { USDT: "100000" } };
const PAPER = { account: "paper", secret: "paper-secret", balances };
const MAKER = {
  account: "maker",
  key: "maker-key",
  secret: "maker-secret",
  balances: { SPOT: { USDT: "10000000", BTC: "100" }, FUT: { USDT: "10000000" } },
};

export interface ClientVenue {
  readonly venue: Venue;
  /** `127.0.0.1:8093` and `127.0.0.1:8094`, on whatever ports. */
  readonly spot: string;
  readonly um: string;
  /** A signed request of the maker, or of another. */
  ask(request: string, fields?: Fields, who?: string): Promise<Answer>;
  /** The maker bids and offers nine BTC around the price, on both markets, and nothing else. */
  quote(bid: number, ask: number): Promise<void>;
  /** Trades 0.002 BTC against the book as the maker's friend, on both markets. */
  trade(side: "BUY" | "SELL"): Promise<void>;
  stop(): Promise<void>;
}

export async function openClientVenue(limits: LimitRules = CLIENT_LIMITS): Promise<ClientVenue> {
  const clock = wallClock();
  const venue = createVenue({
    clock,
    random: seededRandom("clients"),
    market: quietMarket(defaultListings(), clock),
    limits,
    accounts: [
      { ...PAPER, key: "paper-key" },
      { ...PAPER, key: ED25519.key, public_key: ed25519.publicKey },
      { ...PAPER, key: RSA.key, public_key: rsa.publicKey },
      MAKER,
      { ...MAKER, account: "friend", key: "friend-key", secret: "friend-secret" },
    ],
  });
  await venue.start();
  const served = serveVenue(venue, { ports: { spot: 0, um: 0, admin: 0 } });
  const it = makeOf(venue, served);
  await it.quote(59_990, 60_000);
  return it;
}

/** Binance's, but a whole test shares one address and one account, and asks until what it waits for has come. */
export const CLIENT_LIMITS: LimitRules = {
  ...BINANCE_LIMITS,
  weight: { SPOT: 60_000, FUT: 60_000, SAPI: 60_000 },
  orders: {
    SPOT: [
      { interval: "SECOND", intervalNum: 10, limit: 10_000 },
      { interval: "DAY", intervalNum: 1, limit: 200_000 },
    ],
    FUT: [
      { interval: "SECOND", intervalNum: 10, limit: 10_000 },
      { interval: "MINUTE", intervalNum: 1, limit: 60_000 },
    ],
  },
  messages: { SPOT: 50, FUT: 50 },
};

function makeOf(venue: Venue, served: ServedVenue): ClientVenue {
  const [spot, um] = [`127.0.0.1:${served.ports.spot}`, `127.0.0.1:${served.ports.um}`];
  const ask = async (request: string, fields: Fields = {}, who = "maker"): Promise<Answer> => {
    const [method = "", path = ""] = request.split(" ");
    const text = query({ ...fields, timestamp: Math.floor(Date.now()) });
    const headers = { "x-mbx-apikey": `${who}-key` };
    const signed = `${path}?${text}&signature=${hmac(`${who}-secret`, text)}`;
    const { body } = await venue.rest(path.startsWith("/fapi") ? "um" : "spot", {
      ...{ method, path: signed, headers, ip: "maker" },
    });
    return JSON.parse(body);
  };
  const orders = ["/api/v3/order", "/fapi/v1/order"];
  return {
    venue,
    spot,
    um,
    ask,
    quote: async (bid, offer) => {
      await ask("DELETE /api/v3/openOrders", { symbol: "BTCUSDT" });
      await ask("DELETE /fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
      const limit = { symbol: "BTCUSDT", type: "LIMIT", timeInForce: "GTC", quantity: 9 };
      for (const path of orders) {
        await ask(`POST ${path}`, { ...limit, side: "BUY", price: bid });
        await ask(`POST ${path}`, { ...limit, side: "SELL", price: offer });
      }
    },
    trade: async (side) => {
      const market = { symbol: "BTCUSDT", side, type: "MARKET", quantity: "0.002" };
      for (const path of orders) await ask(`POST ${path}`, market, "friend");
    },
    stop: async () => {
      await served.stop();
      await venue.stop();
    },
  };
}

/** Asks again and again until there is an answer; `step` runs in between, to make what is waited for. */
export async function until<T>(get: () => T | undefined | false, step: () => unknown = () => {}): Promise<T> {
  for (let i = 0; i < 6_000; i++) {
    const value = get();
    if (value !== undefined && value !== false) return value;
    await step();
    await Bun.sleep(5);
  }
  throw new Error("It did not come within half a minute");
}
