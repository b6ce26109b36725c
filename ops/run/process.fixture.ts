/** Runs `up` as a real process and talks to it as a person would. */
import { join } from "node:path";
import { ROOT } from "../build.ts";
import { ADMIN_TOKEN, type VenueAdmin, venueAdminAt } from "./venue-admin.fixture.ts";

export const PASSWORD = "correct-horse-1";
/** One trouble after another on one installation: what was bad in one is not to keep entries out of the next. */
export const SOON_WELL = { CHIMERA_S11_FIGURES_MS: "3000", CHIMERA_S11_BETTER_MS: "1000" };
/** Waits that would be tens of seconds in earnest, for every test that trades. */
export const SHORTENED = { CHIMERA_S04_UNKNOWN_LAG_MS: "2000", ...SOON_WELL };
/**
 * What has not come by then never comes. It is no promise of the system, whose bounds are the drills' to judge: what
 * takes seconds on a machine of its own takes minutes on one that does much else.
 */
export const NEVER_MS = 240_000;
/** Rarer as time goes on: what is asked of the exchange costs weight, and the system keeps the last of it for exits. */
const POLL_MS = 250;
const POLL_MS_MAX = 2_000;
const POLL_SHARE = 0.1;

export interface Running {
  pid: number;
  data: string;
  gateway: string;
  /** The admin's, as a bearer. */
  token: string;
  venue: VenueAdmin;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<{ status: number; body: T }>;
  /** Ends it as a power cut would, and waits until it is gone. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Waits longer than this are worth a line in the report of a run. */
const LONG_MS = 20_000;

/** Polls until the condition holds; throws with `what` when it never does. `msMax`: where a bound itself is judged. */
export async function until(what: string, holds: () => Promise<boolean>, msMax = NEVER_MS): Promise<void> {
  const begin = Date.now();
  let last: unknown;
  let told = "";
  while (Date.now() < begin + msMax) {
    try {
      if (await holds()) {
        if (Date.now() - begin > LONG_MS) console.log(`long, ${Date.now() - begin} ms: ${what}; ${told}`);
        return;
      }
      last = undefined;
    } catch (error) {
      // A service that is starting says so; asked again, it will answer.
      last = error;
      told = error instanceof Error ? error.message : String(error);
    }
    await Bun.sleep(Math.min(POLL_MS + (Date.now() - begin) * POLL_SHARE, POLL_MS_MAX));
  }
  const why = last === undefined ? "" : ` (${last instanceof Error ? last.message : String(last)})`;
  throw new Error(`Not within ${msMax} ms: ${what}${why}`, { cause: last });
}

/** Starts, waits until it says it is up, and signs in. */
export async function up(
  data: string,
  portOffset: number,
  args: string[] = [],
  waits: Record<string, string> = SHORTENED,
): Promise<Running> {
  const said = {
    CHIMERA_PORT_OFFSET: String(portOffset),
    CHIMERA_ADMIN_PASSWORD: PASSWORD,
    // A test signs in once, and may take longer than a program without a refresh would have.
    CHIMERA_S12_ACCESS_TTL_MS: String(24 * 3_600_000),
  };
  const settings = { ...said, CHIMERA_VENUE_ADMIN_TOKEN: ADMIN_TOKEN, ...waits };
  const child = Bun.spawn([process.execPath, join(ROOT, "ops/cli/main.ts"), "up", "--json", "--data", data, ...args], {
    env: { ...process.env, ...settings },
    stdout: "pipe",
    stderr: "pipe",
  });
  const line = await firstLine(child.stdout);
  if (!line.startsWith("{")) throw new Error(`up failed: ${await new Response(child.stderr).text()}`);
  const { gateway } = JSON.parse(line) as { gateway: string };
  const headers = { "content-type": "application/json" };
  const signedIn = await fetch(`${gateway}auth/login`, {
    method: "POST",
    headers,
    body: JSON.stringify({ username: "admin", password: PASSWORD }),
  });
  const { access_token } = (await signedIn.json()) as { access_token: string };
  const authorization = `Bearer ${access_token}`;
  const end = async (signal: "SIGKILL" | "SIGTERM") => {
    child.kill(signal);
    await child.exited;
  };
  return {
    pid: child.pid,
    data,
    gateway,
    token: access_token,
    venue: venueAdminAt(portOffset),
    async get<T>(path: string) {
      const response = await fetch(`${gateway}api/v1${path}`, { headers: { authorization } });
      if (!response.ok) throw new Error(`GET ${path}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    async post<T>(path: string, body: unknown) {
      const key = { "idempotency-key": crypto.randomUUID() };
      const init = { method: "POST", headers: { ...headers, ...key, authorization }, body: JSON.stringify(body) };
      const response = await fetch(`${gateway}api/v1${path}`, init);
      return { status: response.status, body: (await response.json()) as T };
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text.split("\n")[0] as string;
}
