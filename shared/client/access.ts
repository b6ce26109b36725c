/** Who asks: a token given or asked for, or the browser's session cookie, renewed once for all calls that need it. */
import type { Machine } from "./machine.ts";

/** A key or token, or what answers one; asked again with the one that was refused. */
export type TokenSource = string | ((refused?: string) => string | Promise<string>);

export interface Access {
  headers(): Promise<Record<string, string>>;
  /** After a 401 to a request with these headers. True: it is worth another try. */
  renew(sent: Readonly<Record<string, string>>): Promise<boolean>;
  credentials: RequestCredentials;
  /** For where no header can be sent; undefined: the cookie goes by itself. */
  token(): Promise<string | undefined>;
}

export function tokenAccess(source: TokenSource): Access {
  let known: string | undefined;
  let asking: Promise<void> | undefined;
  const ask = async (refused?: string): Promise<void> => {
    known = typeof source === "string" ? source : await source(refused);
  };
  /** Many calls that begin or fail at once ask once. */
  const askOnce = (refused?: string): Promise<void> => {
    asking ??= ask(refused).finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const token = async () => {
    if (known === undefined) await askOnce();
    return known;
  };
  return {
    credentials: "omit",
    token,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    async renew({ authorization }) {
      const refused = authorization?.slice("Bearer ".length);
      if (refused === known) await askOnce(refused);
      return known !== refused;
    },
  };
}

const LOCK = "chimera-refresh";
/** For calls that were sent before the renewal and refused after it. */
const JUST_RENEWED_MS = 5_000;

/** `refresh` is asked once however many calls were refused, and by one tab of the browser at a time. */
export function cookieAccess(refresh: () => Promise<boolean>, machine: Pick<Machine, "now">): Access {
  let running: Promise<boolean> | undefined;
  let renewedAt = Number.NEGATIVE_INFINITY;
  async function once(): Promise<boolean> {
    const isRenewed = await inTurn(refresh);
    if (isRenewed) renewedAt = machine.now();
    return isRenewed;
  }
  return {
    credentials: "same-origin",
    token: async () => undefined,
    headers: async () => ({}),
    async renew() {
      if (machine.now() - renewedAt < JUST_RENEWED_MS) return true;
      running ??= once().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

/** A refresh token counts once: two tabs that used the same one would sign the person out. */
async function inTurn(refresh: () => Promise<boolean>): Promise<boolean> {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  return locks === undefined ? refresh() : await locks.request(LOCK, refresh);
}
