/** Reads a request as Binance does: parameters of query and body, API key, signature over both verbatim, timing. */
import { type Amount, dec, isDecimal } from "../../../shared/domain/money.ts";
import { errors } from "./errors.ts";

export interface RestRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Whose weight and bans it counts for. */
  readonly ip?: string | undefined;
}

/** What a key may do; Binance's names. Without a list: everything. */
export const PERMISSIONS = [
  "enableReading",
  "enableSpotAndMarginTrading",
  "enableFutures",
  "permitsUniversalTransfer",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** One API key of an account; an account may have several. */
export interface VenueAccount {
  readonly account: string;
  readonly key: string;
  /** For HMAC-SHA256 signatures, where there is no `public_key`. */
  readonly secret: string;
  /** Ed25519 or RSA, as PEM: the client signs with its private half. */
  readonly public_key?: string | undefined;
  readonly permissions?: readonly Permission[] | undefined;
  /** What the key is said to be: bound to an address; able to withdraw, which nothing here can. */
  readonly ip_restricted?: boolean | undefined;
  readonly can_withdraw?: boolean | undefined;
  /** What it starts with, once: `{ SPOT: { USDT: "10000" }, FUT: { USDT: "10000" } }`. */
  readonly balances: {
    readonly SPOT?: Readonly<Record<string, string>>;
    readonly FUT?: Readonly<Record<string, string>>;
  };
}

const REQUEST_CHARACTERS_MAX = 64 * 1024;
const PARAMETERS_MAX = 100;
const RECV_WINDOW_DEFAULT_MS = 5_000;
const RECV_WINDOW_MAX_MS = 60_000;
const AHEAD_MAX_MS = 1_000;
const CLIENT_ID = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const CLIENT_ID_RANGE = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$";
const SYMBOL = /^[A-Z0-9\-_.]{1,20}$/;
const SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$";

export class Params {
  private readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  /** Throws −1105 for one that is sent empty. */
  text(name: string): string | undefined {
    const value = this.values.get(name);
    if (value === "") throw errors.empty(name);
    return value;
  }

  mustText(name: string): string {
    const value = this.values.get(name);
    if (value === undefined || value === "") throw errors.mandatory(name);
    return value;
  }

  /** An unsigned decimal; exponents, signs, NaN and Infinity are illegal characters. */
  amount(name: string): Amount | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,20}(\.\d{1,20})?$/.test(value)) throw errors.illegal(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$");
    if (!isDecimal(value)) throw errors.precision();
    return dec(value);
  }

  mustAmount(name: string): Amount {
    const value = this.has(name) ? this.amount(name) : undefined;
    if (value === undefined) throw errors.mandatory(name);
    return value;
  }

  int(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,20}$/.test(value)) throw errors.illegal(name, "^[0-9]{1,20}$");
    return Number(value);
  }

  bool(name: string): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined || value === "false") return false;
    if (value !== "true") throw errors.invalid(name);
    return true;
  }

  symbol(): string | undefined {
    const value = this.text("symbol");
    if (value !== undefined && !SYMBOL.test(value)) throw errors.illegal("symbol", SYMBOL_RANGE);
    return value;
  }

  clientId(name: string): string | undefined {
    const value = this.text(name);
    if (value !== undefined && !CLIENT_ID.test(value)) throw errors.illegal(name, CLIENT_ID_RANGE);
    return value;
  }

  /** How many rows: the default when absent, at most `max`. */
  limit(standard: number, max: number): number {
    const value = this.int("limit") ?? standard;
    if (value < 1) throw errors.invalid("limit");
    return Math.min(value, max);
  }

  has(name: string): boolean {
    return (this.values.get(name) ?? "") !== "";
  }

  /** A JSON array of texts, such as `symbols`. */
  list(name: string): string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    try {
      const list: unknown = JSON.parse(value);
      if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
    } catch {
      // Answered like any other list that is none.
    }
    throw errors.illegal(name, '^\\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\\]$');
  }

  map(): ReadonlyMap<string, string> {
    return this.values;
  }
}

export interface ParsedRequest {
  readonly route: string;
  readonly params: Params;
  /** What a signature is taken over: query and body verbatim, without the signature itself. */
  readonly payload: string;
  readonly signature: string | undefined;
  readonly apiKey: string | undefined;
}

/** Throws a BinanceError for what is too long. The query wins over the body on duplicates. */
export function parseRequest({ method, path, headers, body = "" }: RestRequest): ParsedRequest {
  if (path.length + body.length > REQUEST_CHARACTERS_MAX) throw errors.tooMany();
  const question = path.indexOf("?");
  const bare = question < 0 ? path : path.slice(0, question);
  const query = question < 0 ? "" : path.slice(question + 1);
  const values = new Map<string, string>();
  read(body, values);
  read(query, values);
  if (values.size > PARAMETERS_MAX) throw errors.tooMany();
  // Some clients send base64 as it is, whose plus signs then read as spaces.
  const signature = values.get("signature")?.replaceAll(" ", "+");
  values.delete("signature");
  return {
    route: `${method} ${bare}`,
    params: new Params(values),
    payload: unsigned(query) + unsigned(body),
    signature,
    apiKey: headers["x-mbx-apikey"],
  };
}

function read(text: string, values: Map<string, string>): void {
  if (text === "") return;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (seen.has(name)) throw errors.duplicate();
    seen.add(name);
    values.set(name, value);
  }
}

/** The text without its `signature=` parameter, wherever that stands. */
function unsigned(text: string): string {
  if (!text.includes("signature=")) return text;
  return text
    .split("&")
    .filter((part) => !part.startsWith("signature="))
    .join("&");
}

/** Accepts timestamps in ms or µs, at most 1 s ahead and at most `recvWindow` behind. */
export function checkTiming(params: Params, now: number): void {
  const sent = params.has("timestamp") ? params.int("timestamp") : undefined;
  if (sent === undefined) throw errors.mandatory("timestamp");
  const windowText = params.text("recvWindow");
  if (windowText !== undefined && !/^\d{1,12}(\.\d{1,3})?$/.test(windowText)) throw errors.invalid("recvWindow");
  const windowMs = windowText === undefined ? RECV_WINDOW_DEFAULT_MS : Number(windowText);
  if (windowMs > RECV_WINDOW_MAX_MS) throw errors.recvWindow();
  const sentMs = sent > 1e14 ? sent / 1000 : sent;
  if (sentMs >= now + AHEAD_MAX_MS) throw errors.ahead();
  if (now - sentMs > windowMs) throw errors.stale();
}
