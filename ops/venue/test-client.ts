/** A venue in memory with signed clients, for tests: requests answer at once on a virtual clock. */
import { createHmac } from "node:crypto";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import type { Net, NetResponse, Socket } from "../../shared/kit/ports.ts";
import type { VenueAccount } from "./binance/request.ts";
import { venueNet } from "./memory-net.ts";
import { quietMarket } from "./quiet.ts";
import { createVenue, DEFAULT_ACCOUNTS, type Venue, type VenueOptions } from "./venue.ts";

export const START = 1_700_000_000_000;
export type Fields = Readonly<Record<string, string | number | boolean>>;
// biome-ignore lint/suspicious/noExplicitAny: tests read what Binance's answers hold without a schema for each.
export type Answer = any;

export const MAKER: VenueAccount = {
  account: "maker",
  key: "maker-key",
  secret: "maker-secret",
  balances: { SPOT: { USDT: "1000000", BTC: "100" }, FUT: { USDT: "1000000" } },
};

export const query = (fields: Fields): string =>
  new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)])).toString();
export const hmac = (secret: string, text: string): string => createHmac("sha256", secret).update(text).digest("hex");

export interface Heard {
  readonly socket: Socket;
  /** Every message so far, parsed. */
  readonly messages: Answer[];
  closed: string | undefined;
}

export class TestVenue {
  readonly clock: VirtualClock;
  readonly venue: Venue;
  readonly net: Net;

  constructor(options: Partial<VenueOptions> = {}, clock = new VirtualClock(START)) {
    this.clock = clock;
    this.venue = createVenue({
      clock,
      random: seededRandom("test"),
      market: quietMarket(defaultListings(), clock),
      accounts: [...DEFAULT_ACCOUNTS, MAKER],
      adminToken: "admin-token",
      onBug: (error) => {
        throw error;
      },
      ...options,
    });
    this.net = venueNet(this.venue, clock);
  }

  /** Started. */
  static async open(options: Partial<VenueOptions> = {}): Promise<TestVenue> {
    const it = new TestVenue(options);
    await it.venue.start();
    return it;
  }

  /** Lets what is due now, or within `ms`, happen. */
  async settle(ms = 0): Promise<void> {
    await this.clock.run(this.clock.now() + ms);
  }

  /** A signed request as `paper` or `maker`, answered at once. */
  async call(who: string, request: string, fields: Fields = {}): Promise<Answer> {
    const sent = this.send(who, request, fields);
    await this.settle();
    return JSON.parse((await sent).body);
  }

  /** A signed request, everything in the query, under way while the clock runs. */
  send(who: string, request: string, fields: Fields = {}): Promise<NetResponse> {
    const [method = "", path = ""] = request.split(" ");
    const text = query({ ...fields, timestamp: Math.floor(this.clock.now()) });
    return this.fetch(`${method} ${path}?${text}&signature=${hmac(`${who}-secret`, text)}`, `${who}-key`);
  }

  /** A request as it stands. */
  async raw(request: string, key?: string, body?: string): Promise<{ status: number; json: Answer }> {
    const sent = this.fetch(request, key, body);
    await this.settle();
    const said = await sent;
    return { status: said.status, json: JSON.parse(said.body) };
  }

  private fetch(request: string, key?: string, body?: string): Promise<NetResponse> {
    const space = request.indexOf(" ");
    const path = request.slice(space + 1);
    const port = path.startsWith("/fapi") ? 8094 : 8093;
    const headers: Record<string, string> = key === undefined ? {} : { "X-MBX-APIKEY": key };
    return this.net.fetch({
      method: request.slice(0, space),
      url: `http://127.0.0.1:${port}${path}`,
      headers,
      timeoutMs: 60_000,
      ...(body === undefined ? {} : { body }),
    });
  }

  async listen(url: string): Promise<Heard> {
    const messages: Answer[] = [];
    const events = {
      open: () => {},
      message: (text: string) => {
        messages.push(JSON.parse(text));
      },
      close: (reason: string) => {
        heard.closed = reason;
      },
    };
    const heard: Heard = { socket: this.net.connect(url, events), messages, closed: undefined };
    await this.settle();
    return heard;
  }

  /** Futures account events of `who`. */
  async listenAccount(who: string): Promise<Heard> {
    const { listenKey } = await this.call(who, "POST /fapi/v1/listenKey");
    return this.listen(`ws://127.0.0.1:8094/private/ws?listenKey=${listenKey}`);
  }

  /** `BTCUSDT SELL 0.01 60000`: a GTC limit order, or with `MARKET` for the price; answers the final state. */
  order(who: string, text: string, more: Fields = {}): Promise<Answer> {
    const [symbol = "", side = "", quantity = "", price = ""] = text.split(" ");
    const how: Fields = price === "MARKET" ? { type: "MARKET" } : { type: "LIMIT", timeInForce: "GTC", price };
    const fields = { symbol, side, quantity, ...how, newOrderRespType: "RESULT", ...more };
    return this.call(who, "POST /fapi/v1/order", fields);
  }

  spot(who: string, text: string, more: Fields = {}): Promise<Answer> {
    const [symbol = "", side = "", quantity = "", price = ""] = text.split(" ");
    const how: Fields = price === "MARKET" ? { type: "MARKET" } : { type: "LIMIT", timeInForce: "GTC", price };
    return this.call(who, "POST /api/v3/order", { symbol, side, quantity, ...how, ...more });
  }
}
