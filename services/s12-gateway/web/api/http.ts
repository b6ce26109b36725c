/** Calls to the gateway: same origin, session cookie, problem+json turned into an error that explains itself. */
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { signedInFetch } from "./renewal.ts";
import type { Listing } from "./shapes.ts";

/** As many as one page of a list may have. */
const ROWS_MAX = 1_000;

export const isSignedOut = (error: unknown): boolean => error instanceof ApiProblem && error.status === 401;
/** Signed out, or nothing is answered before the one-time password is changed. */
export const isShutOut = (error: unknown): boolean =>
  isSignedOut(error) || (error instanceof ApiProblem && error.code === "CHANGE_PASSWORD");

export const isRefusal = (error: unknown): boolean => error instanceof ApiProblem && error.status === 400;

interface CallOptions {
  body?: unknown;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

export interface Answer<T> {
  status: number;
  body: T;
}

export async function send<T>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options: CallOptions = {},
): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  const response = await signedInFetch(path, {
    method,
    headers,
    credentials: "same-origin",
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: options.signal,
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem(0, { title: "network", detail: String(error), code: "NETWORK" });
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiProblem(response.status, body as Record<string, unknown>);
  return { status: response.status, body: body as T };
}

/** A list as CSV, all of its pages under one header line. */
export async function getCsv(path: string): Promise<string> {
  const parts: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const url = new URL(path, location.origin);
    if (cursor !== "") url.searchParams.set("cursor", cursor);
    const response = await signedInFetch(url, { headers: { accept: "text/csv" }, credentials: "same-origin" });
    if (!response.ok) throw new ApiProblem(response.status, await response.json().catch(() => ({})));
    const text = await response.text();
    parts.push(parts.length === 0 ? text : text.slice(text.indexOf("\n") + 1));
    cursor = response.headers.get("chimera-next-cursor");
  }
  return parts.join("");
}

/** A list, all of its pages as one. */
export async function getAll(path: string): Promise<unknown[]> {
  const all: unknown[] = [];
  let cursor: string | undefined = "";
  while (cursor !== undefined) {
    const url = new URL(path, location.origin);
    url.searchParams.set("limit", String(ROWS_MAX));
    if (cursor !== "") url.searchParams.set("cursor", cursor);
    const page: Listing<unknown> = await get(`${url.pathname}${url.search}`);
    all.push(...page.items);
    cursor = page.next_cursor;
  }
  return all;
}

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await send<T>("GET", path, { signal })).body;
