/** Calls to the gateway: same origin, session cookie, problem+json turned into an error that explains itself. */
import { signedInFetch } from "./renewal.ts";

export interface FieldProblem {
  field: string;
  message: string;
}

/** What the gateway (or the network, status 0) said instead of an answer. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly traceId: string | undefined;
  readonly errors: readonly FieldProblem[];
  constructor(status: number, body: Record<string, unknown>) {
    const title = String(body.title ?? `HTTP ${status}`);
    super(String(body.detail ?? title));
    this.name = "ApiProblem";
    this.status = status;
    this.title = title;
    this.code = String(body.code ?? "");
    this.traceId = typeof body.trace_id === "string" ? body.trace_id : undefined;
    this.errors = Array.isArray(body.errors) ? (body.errors as FieldProblem[]) : [];
  }
}

export const isSignedOut = (error: unknown): boolean => error instanceof ApiProblem && error.status === 401;
/** Signed out, or nothing is answered before the one-time password is changed. */
export const isShutOut = (error: unknown): boolean =>
  isSignedOut(error) || (error instanceof ApiProblem && error.code === "CHANGE_PASSWORD");

/** A failure that may be gone a moment later; a refusal will be the same again. */
export const isPassing = (error: unknown): boolean =>
  !(error instanceof ApiProblem) || error.status === 0 || error.status === 429 || error.status >= 500;
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
  method: "GET" | "POST" | "DELETE",
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

export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await send<T>("GET", path, { signal })).body;
