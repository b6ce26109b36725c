/** One call: its address and body, its key, its time, who asks, and further tries where they are safe. */
import { type Access, cookieAccess, type TokenSource, tokenAccess } from "./access.ts";
import type { CallOptions } from "./call-options.ts";
import { type Machine, ownMachine } from "./machine.ts";
import { ApiProblem, problemOf } from "./problem.ts";
import { decideRetry } from "./retry.ts";

const TIMEOUT_MS = 30_000;
const TRIES_MAX = 4;
const REFRESH_PATH = "/api/v1/auth/refresh";
/** What is answered without an access token, so that a refusal is of what was sent. */
const SIGNS_IN: ReadonlySet<string> = new Set(["/api/v1/auth/login", REFRESH_PATH]);

export interface ClientOptions {
  /** Where Chimera is, `https://chimera.example`; its own pages need none. */
  url?: string;
  /** An API key or access token, or what answers one. Without it the browser's session cookie is used. */
  token?: TokenSource;
  /** For each try of a call, ms; 30 s unless given. */
  timeoutMs?: number;
  /** How often a call is made at most; 4 unless given. */
  triesMax?: number;
  /** False: `fetch` renews the session's cookie by itself. */
  renew?: false;
  /** False: live events come as server-sent events, never over a WebSocket. */
  sockets?: boolean;
  fetch?: (request: Request) => Promise<Response>;
  machine?: Machine;
}
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly key?: boolean;
}
export type Input = Readonly<Record<string, unknown>>;

export interface Caller {
  /** Answers a response that is one: refusals reject with ApiProblem. */
  send(operation: Operation, input: Input, options?: CallOptions & { accept?: string }): Promise<Response>;
  readonly access: Access;
  readonly sockets: boolean;
  readonly machine: Machine;
  readonly fetch: (request: Request) => Promise<Response>;
  /** With the origin; `query` has no undefined in it. */
  address(path: string, query?: Readonly<Record<string, string>>): URL;
}

export function createCaller(options: ClientOptions): Caller {
  const { timeoutMs = TIMEOUT_MS, triesMax = TRIES_MAX, machine = ownMachine } = options;
  const fetchIt = options.fetch ?? ((request: Request) => fetch(request));
  const address: Caller["address"] = (path, query = {}) => {
    const origin = options.url ?? (globalThis as { location?: Location }).location?.origin;
    if (origin === undefined) throw new TypeError("url: say where Chimera is.");
    const url = new URL(path, origin);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  };
  const refresh = async (): Promise<boolean> => {
    if (options.renew === false) return false;
    const init = { method: "POST", credentials: "same-origin", headers: JSON_HEADERS, body: "{}" } as const;
    const response = await fetchIt(new Request(address(REFRESH_PATH), init)).catch(() => undefined);
    return response?.ok ?? false;
  };
  const access = options.token === undefined ? cookieAccess(refresh, machine) : tokenAccess(options.token);

  /** One try, and another one when the token had run out meanwhile. */
  async function attempt(make: (headers: Record<string, string>) => Request, path: string): Promise<Response> {
    const signsIn = SIGNS_IN.has(path);
    const sent = signsIn ? {} : await access.headers();
    const response = await fetchIt(make(sent));
    if (response.status !== 401 || signsIn) return response;
    const problem = await problemOf(response.clone());
    // A wrong password is no token that has run out.
    if (problem.code === "BAD_CREDENTIALS" || !(await access.renew(sent))) return response;
    return fetchIt(make(await access.headers()));
  }

  return {
    access,
    sockets: options.sockets ?? typeof globalThis.WebSocket === "function",
    machine,
    address,
    fetch: fetchIt,
    async send(operation, input, given = {}) {
      const { signal, accept = "application/json", key = operation.key ? machine.freshKey() : undefined } = given;
      const { path, query, body } = placed(operation, input);
      const url = address(path, query);
      const make = (headers: Record<string, string>): Request =>
        new Request(url, {
          method: operation.method,
          credentials: access.credentials,
          headers: {
            ...headers,
            accept,
            ...(body !== undefined && JSON_HEADERS),
            ...(key && { "idempotency-key": key }),
          },
          signal: within(given.timeoutMs ?? timeoutMs, signal),
          ...(body !== undefined && { body }),
        });
      const isRepeatable = operation.method === "GET" || key !== undefined;
      for (let tries = 1; ; tries++) {
        signal?.throwIfAborted();
        const answer = await attempt(make, path).catch((error: unknown) => noAnswer(error, signal));
        if (!(answer instanceof ApiProblem) && answer.ok) return answer;
        const problem = answer instanceof ApiProblem ? answer : await problemOf(answer);
        const waitMs = decideRetry({ problem, isRepeatable, tries, triesMax, chance: machine.chance() });
        if (waitMs === undefined) throw problem;
        await machine.sleep(waitMs, signal);
      }
    },
  };
}

const JSON_HEADERS = { "content-type": "application/json" };

function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const late = AbortSignal.timeout(ms);
  return signal === undefined ? late : AbortSignal.any([signal, late]);
}

/** Who has given up is told their own reason. */
function noAnswer(error: unknown, signal: AbortSignal | undefined): ApiProblem {
  if (signal?.aborted) throw signal.reason;
  // Somebody else's refusal on the way, as when a token could not be had.
  if (error instanceof ApiProblem) return error;
  const isLate = error instanceof DOMException && error.name === "TimeoutError";
  if (isLate) return new ApiProblem(0, { title: "No answer in time", code: "LATE", detail: "No answer in time." });
  return new ApiProblem(0, { title: "Not reached", code: "NETWORK", detail: String(error) });
}

/** What is named in the path goes there; the rest into the query of a read, and else into the body. */
function placed({ method, path }: Operation, input: Input) {
  const rest: Record<string, unknown> = { ...input };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    if (value === undefined || value === "") throw new TypeError(`${name}: is missing.`);
    return encodeURIComponent(String(value));
  });
  if (method !== "GET") return { path: filled, query: {}, body: JSON.stringify(rest) };
  const said = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return { path: filled, query: Object.fromEntries(said.map(([name, value]) => [name, String(value)])) };
}
