/** What a request says who it is from: a bearer token, or the cookie of a browser, and whether a cookie may count. */
import { type Arrival, originOf } from "../../shared/kit/arrival.ts";
import { REFRESH_MARK } from "./refresh-token.ts";

export const COOKIE = "chimera_session";
const TOKEN_CHARACTERS_MAX = 2_000;

export interface Shown {
  token: string;
  fromCookie: boolean;
}

/** A refresh token is no bearer token, and nothing else is a cookie. */
export function tokenOf(headers: Headers, { isTls }: Pick<Arrival, "isTls">): Shown | undefined {
  const bearer = /^Bearer ([\w.-]+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? besideProtocol(headers);
  if (bearer !== undefined) {
    const isOne = bearer.length <= TOKEN_CHARACTERS_MAX && !bearer.startsWith(REFRESH_MARK);
    return isOne ? { token: bearer, fromCookie: false } : undefined;
  }
  const token = sessionCookieOf(headers, isTls);
  return token === undefined ? undefined : { token, fromCookie: true };
}

/** A browser's socket can send no header of its own: the token rides beside the subprotocol. */
const besideProtocol = (headers: Headers): string | undefined =>
  /(?:^|,\s*)bearer\.([\w.-]+)/.exec(headers.get("sec-websocket-protocol") ?? "")?.[1];

/**
 * The refresh token in the cookie. Where there is TLS only the prefixed one counts: the other could have been set by
 * another host of the domain, or by a page that somebody put on the wire, and would sign people in as somebody else.
 */
export function sessionCookieOf(headers: Headers, isTls: boolean): string | undefined {
  const cookies = headers.get("cookie") ?? "";
  return cookieIn(cookies, `__Host-${COOKIE}`) ?? (isTls ? undefined : cookieIn(cookies, COOKIE));
}

const cookieIn = (cookies: string, name: string): string | undefined =>
  new RegExp(`(?:^|;\\s*)${name}=(${REFRESH_MARK}[\\w-]{20,200})(?:;|$)`).exec(cookies)?.[1];

/** A cookie is sent by itself, so a change asked with one must come from our own page. */
export function isFromOurPage(request: Request): boolean {
  if (request.method === "GET" || request.method === "HEAD") return true;
  return isOfPage(request.headers, originOf(request));
}

/** `own`: our page's origin. */
export function isOfPage(headers: Headers, own: string): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none";
  const origin = headers.get("origin");
  return origin !== null && origin === own;
}

/** `__Host-` and Secure wherever there is TLS; plain http exists on loopback only. An empty token takes it away. */
export function sessionCookie(isTls: boolean, token: string, maxAgeSeconds: number): string {
  const name = isTls ? `__Host-${COOKIE}` : COOKIE;
  return `${name}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${isTls ? "; Secure" : ""}`;
}
