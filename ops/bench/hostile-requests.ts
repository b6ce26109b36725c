/** Requests that nobody should send, and some that are fine: what the venue's soak is made of, drawn from a seed. */
import { createHmac } from "node:crypto";
import type { Random } from "../../shared/kit/ports.ts";
import { ROUTES } from "../venue/binance/routes.ts";

export interface Hostile {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const NAMES = Object.keys(ROUTES);
const PARAMETERS = [
  ...["symbol", "side", "type", "timeInForce", "quantity", "price", "stopPrice", "newClientOrderId", "orderId"],
  ...["limit", "startTime", "endTime", "interval", "symbols", "reduceOnly", "leverage", "marginType", "batchOrders"],
  ...["recvWindow", "algoType", "triggerPrice", "asset", "amount", "windowSize", "timeZone", "orderListId", "fromId"],
];
const VALUES = [
  ...[
    "BTCUSDT",
    "BTCUSDT",
    "BTCUSDT",
    "BUY",
    "SELL",
    "LIMIT",
    "MARKET",
    "STOP_LOSS_LIMIT",
    "GTC",
    "IOC",
    "0.01",
    "50000",
  ],
  ...[
    "",
    "0",
    "-1",
    "1e309",
    "NaN",
    "null",
    "true",
    "__proto__",
    "%00",
    "🦊",
    "[]",
    '["BTCUSDT"]',
    "{}",
    "1m",
    "ISOLATED",
  ],
  ...[
    "99999999999999999999999",
    "0.00000000000000000001",
    "' OR 1=1 --",
    "<script>",
    "../../etc/passwd",
    "x".repeat(300),
  ],
];

export class HostileRequests {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  private one<T>(list: readonly T[]): T {
    return list[this.random.int(list.length)] as T;
  }

  private parameters(): [string, string][] {
    const count = this.random.int(10);
    const drawn = Array.from({ length: count }, (): [string, string] => [this.one(PARAMETERS), this.one(VALUES)]);
    return this.random.next() < 0.1 ? drawn : [...new Map(drawn)];
  }

  /** `now` is epoch ms; most are signed rightly, as only those get far. */
  next(now: number): Hostile {
    const chance = this.random.next();
    if (chance < 0.02) return this.oversized();
    if (chance < 0.06) return this.nonsense();
    if (chance < 0.16) return this.order(now);
    const [method = "GET", path = "/"] = this.one(NAMES).split(" ");
    const parameters = this.parameters();
    if (this.random.next() < 0.2) return { method, path: `${path}?${queryOf(parameters)}`, headers: {} };
    const drift = this.random.next() < 0.1 ? this.random.int(200_000) - 100_000 : 0;
    return this.signed(method, path, [...parameters, ["timestamp", String(now + drift)]]);
  }

  private signed(method: string, path: string, parameters: [string, string][]): Hostile {
    const text = queryOf(parameters);
    const secret = this.random.next() < 0.05 ? "wrong" : "paper-secret";
    const key = this.random.next() < 0.03 ? this.one(VALUES).replace(/[^\x20-\x7e]/g, "?") : "paper-key";
    const signed = `${text}&signature=${createHmac("sha256", secret).update(text).digest("hex")}`;
    const headers = { "x-mbx-apikey": key };
    if (method === "GET" || this.random.next() < 0.5) return { method, path: `${path}?${signed}`, headers };
    return { method, path, headers: { ...headers, "content-type": "application/x-www-form-urlencoded" }, body: signed };
  }

  /** One in a hundred is taken, and expires at once: the venue keeps every order it takes, which is no leak. */
  private order(now: number): Hostile {
    const isSpot = this.random.next() < 0.5;
    const quantity = this.random.next() < 0.01 ? "0.01" : "100";
    const price = 40_000 + this.random.int(40_000);
    const order: [string, string][] = [
      ["symbol", "BTCUSDT"],
      ["side", this.one(["BUY", "SELL"])],
      ["type", "LIMIT"],
      ["timeInForce", this.one(["IOC", "FOK"])],
      ["quantity", quantity],
      ["price", String(price)],
      ["timestamp", String(now)],
    ];
    return this.signed("POST", isSpot ? "/api/v3/order" : "/fapi/v1/order", order);
  }

  private oversized(): Hostile {
    const size = 1 << (10 + this.random.int(8));
    const what = this.random.int(3);
    const long = "x".repeat(size);
    if (what === 0) return { method: "GET", path: `/api/v3/depth?symbol=${long.slice(0, 16_000)}`, headers: {} };
    if (what === 1) return { method: "GET", path: "/api/v3/time", headers: { "x-mbx-apikey": long.slice(0, 12_000) } };
    return { method: "POST", path: "/api/v3/order", headers: {}, body: long };
  }

  private nonsense(): Hostile {
    const method = this.one(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]);
    const path = `/${Array.from({ length: this.random.int(30) }, () => this.one(["a", "/", "%", "?", "&", "=", ".", "é"])).join("")}`;
    return { method, path: encodeURI(path), headers: {} };
  }
}

/** Names may come twice, as they do not in an object. */
const queryOf = (parameters: readonly [string, string][]): string => new URLSearchParams([...parameters]).toString();
