/** A person at the terminal, signed in at the gateway for one command: what people decide, no service token may ask. */
import { portOf } from "./gate.ts";
import { askSecret, isAtTerminal } from "./secret-prompt.ts";
import { print, yellow } from "./terminal.ts";

const ASK_MS_MAX = 30_000;
const GATEWAY_PORT = 8092;

export const PERSON_OPTIONS = {
  user: { type: "string", default: "admin" },
  code: { type: "boolean", default: false },
} as const;
/** For the usage of commands that a person must ask for. */
export const PERSON_USAGE = `  --user NAME   who you are (admin); the password is asked for, or taken from CHIMERA_PASSWORD. CHIMERA_TOKEN, the
                access token of a sign-in, does instead of both
  --code        ask for the code of a second factor at once: the app's, or a recovery code. CHIMERA_TOTP holds one for
                where there is no terminal. A passkey signs at the page alone`;

export interface Person {
  user: string;
  code: boolean;
}
export interface Session {
  get<T>(path: string): Promise<T>;
  /** With a key, a repeat of it changes nothing more. */
  post<T>(path: string, body: object, key?: string): Promise<T>;
  /** Does what takes the person's password once more, and their code where there is a second factor. */
  prove<T>(ask: (proof: Proof) => Promise<T>): Promise<T>;
  end(): Promise<void>;
}

/** What the gateway said instead of doing it. */
export class Refused extends Error {
  readonly code: string;
  constructor({ title = "", detail = "", code }: { title?: string; detail?: string; code?: string }) {
    super(detail.startsWith(title) ? detail : `${title}: ${detail}`);
    this.code = code ?? "";
  }
}

/** A second person must allow it first. */
export interface Waiting {
  approval_id: string;
  status: "PENDING_APPROVAL";
  detail?: string;
}
/** The exit code of a command that waits for a second person. */
export const WAITS = 3;
export const isWaiting = (answer: object): answer is Waiting =>
  "approval_id" in answer && "status" in answer && answer.status === "PENDING_APPROVAL";

/** Says what it waits for, and how a second person allows it. */
export function tellWaiting(waiting: Waiting): void {
  print(
    `${yellow("●")} Waits for a second person.${waiting.detail === undefined ? "" : ` ${JSON.stringify(waiting.detail)}`}`,
  );
  print(`  ./chimera treasury approve ${waiting.approval_id} --user NAME`);
}

/**
 * By CHIMERA_TOKEN, a sign-in's access token, else by name with the password from CHIMERA_PASSWORD or asked for, and a
 * code where there is a second factor. Throws Refused with the gateway's own words.
 */
export async function signIn(person: Person): Promise<Session> {
  const { CHIMERA_TOKEN } = process.env;
  const prove = proverOf(person);
  if (CHIMERA_TOKEN !== undefined) return session(asWith({ access_token: CHIMERA_TOKEN }), prove, async () => {});
  const tokens = await prove((proof) =>
    send<Tokens>("POST", "/auth/login", { body: { username: person.user, ...proof } }),
  );
  const ask = asWith(tokens);
  const end = () => ask("POST", "/auth/logout", { body: {}, key: crypto.randomUUID() });
  return session(ask, prove, async () => void (await end()));
}

interface Tokens {
  access_token: string;
  refresh_token?: string;
}
type Ask = <T>(method: "GET" | "POST", path: string, sent?: Omit<Sent, "token">) => Promise<T>;

/** Asks with the access token, and with a new one when it has run out: people take their time at a prompt. */
function asWith(given: Tokens): Ask {
  let tokens = given;
  return async (method, path, sent = {}) => {
    try {
      return await send(method, path, { ...sent, token: tokens.access_token });
    } catch (error) {
      const { refresh_token } = tokens;
      const hasRunOut = error instanceof Refused && error.code === "UNAUTHENTICATED";
      if (!hasRunOut || refresh_token === undefined) throw error;
      tokens = await send<Tokens>("POST", "/auth/refresh", { body: { refresh_token } });
      return send(method, path, { ...sent, token: tokens.access_token });
    }
  };
}

/** Runs the work signed in, and signs out whatever comes of it. */
export async function signedIn(person: Person, work: (session: Session) => Promise<number>): Promise<number> {
  const session = await signIn(person);
  try {
    return await work(session);
  } finally {
    // The sign-in ends by itself where the gateway has gone meanwhile.
    await session.end().catch(() => {});
  }
}

export interface Proof {
  password: string;
  totp?: string;
}
/**
 * Asks for the password once, and for a code each time, since each is good once. The gateway does not tell whether a
 * code is what is missing: who was refused without one is asked for it.
 */
function proverOf({ user, code }: Person): Session["prove"] {
  const { CHIMERA_PASSWORD, CHIMERA_TOTP } = process.env;
  let password = CHIMERA_PASSWORD;
  let needsCode = code;
  return async (ask) => {
    password ??= await askSecret(`Password of ${user}: `);
    const totp = CHIMERA_TOTP ?? (needsCode ? await askCode("Code: ") : undefined);
    try {
      return await ask({ password, ...(totp !== undefined && { totp }) });
    } catch (error) {
      const mayLackCode = error instanceof Refused && error.code === "BAD_CREDENTIALS" && totp === undefined;
      if (!mayLackCode) throw error;
      if (!isAtTerminal()) throw new Error(`${error.message} Is there a second factor? Set CHIMERA_TOTP.`);
      const asked = await askCode("Code of the second factor (Enter: there is none): ");
      if (asked === "") throw error;
      needsCode = true;
      return ask({ password, totp: asked });
    }
  };
}

const askCode = async (question: string): Promise<string> => (await askSecret(question, "set CHIMERA_TOTP")).trim();

function session(ask: Ask, prove: Session["prove"], end: () => Promise<void>): Session {
  const confirm = (proof: Proof) => ask("POST", "/api/v1/auth/confirm", { body: proof });
  return {
    get: (path) => ask("GET", `/api/v1${path}`),
    async post<T>(path: string, body: object, key?: string): Promise<T> {
      const post = () => ask<T>("POST", `/api/v1${path}`, { body, ...(key !== undefined && { key }) });
      try {
        return await post();
      } catch (error) {
        // A token may be older than a proof is good for.
        if (!(error instanceof Refused) || error.code !== "CONFIRM") throw error;
        await prove(confirm);
        return post();
      }
    },
    prove,
    end,
  };
}

interface Sent {
  body?: object;
  token?: string;
  key?: string;
}

async function send<T>(method: "GET" | "POST", path: string, { body, token, key }: Sent): Promise<T> {
  const port = portOf({ port: GATEWAY_PORT });
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      ...(body && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ASK_MS_MAX),
  }).catch((cause: unknown) => {
    throw new Error(`The gateway gave no answer at port ${port}. ./chimera status tells whether it runs.`, { cause });
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer as T;
  throw new Refused(answer as { title?: string; detail?: string; code?: string });
}
