/** Staying signed in: the session's cookie is renewed before it runs out or at a 401, once for all tabs of the browser. */
import { now } from "./now.ts";

const REFRESH_PATH = "/api/v1/auth/refresh";
/** The same for every program of this page, so that one of all tabs renews at a time. */
const LOCK = "chimera-refresh";
const KEPT_AS = "chimera.renewal";
/** Renewed once so much of its time has passed. */
const DUE_SHARE = 0.75;
/** What gives the cookie anew says for how long. */
const GIVES_COOKIE = /\/auth\/(?:login|password|refresh)$/;

/** Epoch ms: when the cookie came and when it has to be renewed. */
interface Kept {
  at: number;
  dueAt: number;
}
export interface RenewalParts {
  /** As the browser's own. */
  fetch(path: string | URL, init: RequestInit): Promise<Response>;
  /** Runs it when no other tab runs its own. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** What all tabs know. */
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  now(): number;
}

export function createRenewal(parts: RenewalParts) {
  let running: Promise<boolean> | undefined;

  function read(): Kept | undefined {
    try {
      const kept = JSON.parse(parts.storage.getItem(KEPT_AS) ?? "null") as Partial<Kept> | null;
      return typeof kept?.at === "number" && typeof kept.dueAt === "number" ? (kept as Kept) : undefined;
    } catch {
      return undefined;
    }
  }

  async function note(answer: Response): Promise<void> {
    const { expires_in } = (await answer.clone().json()) as { expires_in?: unknown };
    if (typeof expires_in !== "number") return;
    const at = parts.now();
    parts.storage.setItem(KEPT_AS, JSON.stringify({ at, dueAt: at + expires_in * 1_000 * DUE_SHARE }));
  }

  /** True: there is a newer cookie than at `since`, perhaps thanks to another tab. Throws while the gateway is away. */
  async function renew(since: number): Promise<boolean> {
    if ((read()?.at ?? 0) > since) return true;
    // It goes on when the page is left meanwhile: whoever used a token up must get the next one.
    const init: RequestInit = { method: "POST", credentials: "same-origin", keepalive: true, body: "{}" };
    const answer = await parts.fetch(REFRESH_PATH, { ...init, headers: { "content-type": "application/json" } });
    if (answer.ok) await note(answer);
    else if (answer.status === 401) parts.storage.removeItem(KEPT_AS);
    else throw new Error(`The session could not be renewed: HTTP ${answer.status}`);
    return answer.ok;
  }

  function renewOnce(since: number): Promise<boolean> {
    running ??= parts
      .inTurn(() => renew(since))
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  /** As `fetch`, with a cookie that is good as long as the session is. */
  return async function signedInFetch(path: string | URL, init: RequestInit): Promise<Response> {
    const kept = read();
    // What fails here fails again below, and is told there.
    if (kept && kept.dueAt <= parts.now()) await renewOnce(kept.at).catch(() => false);
    const asked = parts.now();
    const answer = await parts.fetch(path, init);
    if (answer.ok && init.method === "POST" && GIVES_COOKIE.test(String(path))) await note(answer);
    if (answer.status !== 401) return answer;
    const { code } = (await answer
      .clone()
      .json()
      .catch(() => ({}))) as { code?: unknown };
    // Wrong passwords are 401 too, and no reason to ask again.
    if (code !== "UNAUTHENTICATED" || !(await renewOnce(asked))) return answer;
    return parts.fetch(path, init);
  };
}

const inTurn = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks === undefined ? work() : (navigator.locks.request(LOCK, work) as Promise<T>);

let ours: ReturnType<typeof createRenewal> | undefined;
/** This page's; made when it is first used, since there is no browser where the page's parts are tested. */
export function signedInFetch(path: string | URL, init: RequestInit): Promise<Response> {
  ours ??= createRenewal({ fetch: (to, how) => fetch(to, how), inTurn, storage: localStorage, now });
  return ours(path, init);
}
