/** Reads a request as Binance does: parameters of query and body, API key, signature over both verbatim, timing. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type Amount, dec, isDecimal } from "../../../shared/domain/money.ts";
import { BinanceError, errors } from "./errors.ts";

export interface RestRequest {
  readonly method: string;
  /** With the query string. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface VenueAccount {
  readonly account: string;
  readonly key: string;
  readonly secret: string;
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
const SYMBOL = /^[A-Z0-9]{1,20}$/;
const SYMBOL_RANGE = "^[A-Z0-9-_.]{1,20}$";

export class Params {
  private readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }

  /** Absent and empty are the same. */
  text(name: string): string | undefined {
    const value = this.values.get(name);
    return value === undefined || value === "" ? undefined : value;
  }

  mustText(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw errors.mandatory(name);
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
    const value = this.amount(name);
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
    return this.text(name) !== undefined;
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
  const signature = values.get("signature");
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
  for (const [name, value] of new URLSearchParams(text)) values.set(name, value);
}

/** The text without its `signature=` parameter, wherever that stands. */
function unsigned(text: string): string {
  if (!text.includes("signature=")) return text;
  return text
    .split("&")
    .filter((part) => !part.startsWith("signature="))
    .join("&");
}

export class Keys {
  private readonly byKey = new Map<string, VenueAccount>();

  constructor(accounts: readonly VenueAccount[]) {
    for (const account of accounts) this.byKey.set(account.key, account);
  }

  add(account: VenueAccount): void {
    this.byKey.set(account.key, account);
  }

  all(): VenueAccount[] {
    return [...this.byKey.values()];
  }

  /** Throws −2014 or −2015. */
  ofKey(apiKey: string | undefined): VenueAccount {
    if (apiKey === undefined || !/^[\w-]{1,128}$/.test(apiKey)) throw errors.keyFormat();
    const account = this.byKey.get(apiKey);
    if (!account) throw errors.key();
    return account;
  }

  /** Checks key, timing and signature of a signed request; throws Binance's errors in Binance's order. */
  signed(request: ParsedRequest, now: number): VenueAccount {
    const account = this.ofKey(request.apiKey);
    checkTiming(request.params, now);
    if (request.signature === undefined) throw errors.mandatory("signature");
    if (!isSignedBy(account, request.payload, request.signature)) throw errors.signature();
    return account;
  }
}

/** HMAC-SHA256 in hex of either case, compared in constant time. */
export function isSignedBy(account: VenueAccount, payload: string, signature: string): boolean {
  const expected = createHmac("sha256", account.secret).update(payload).digest();
  if (!/^[0-9a-fA-F]{64}$/.test(signature)) return false;
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}

/** Accepts timestamps in ms or µs, at most 1 s ahead and at most `recvWindow` behind. */
export function checkTiming(params: Params, now: number): void {
  const sent = params.int("timestamp");
  if (sent === undefined) throw errors.mandatory("timestamp");
  const windowText = params.text("recvWindow");
  if (windowText !== undefined && !/^\d{1,5}(\.\d{1,3})?$/.test(windowText)) throw errors.invalid("recvWindow");
  const windowMs = windowText === undefined ? RECV_WINDOW_DEFAULT_MS : Number(windowText);
  if (windowMs > RECV_WINDOW_MAX_MS) throw new BinanceError(-1131, "recvWindow must be less than 60000");
  const sentMs = sent > 1e14 ? sent / 1000 : sent;
  if (sentMs >= now + AHEAD_MAX_MS) throw errors.ahead();
  if (now - sentMs > windowMs) throw errors.stale();
}
