/** A person at the terminal, signed in at the gateway for one command: funds are no matter for a service token. */
import { portOf } from "./gate.ts";
import { note } from "./terminal.ts";

const ASK_MS_MAX = 30_000;
const GATEWAY_PORT = 8092;
const ENTER = ["\r", "\n"];
const INTERRUPT = "\u0003";
const ERASE = "\u007f";

interface Refusal {
  title?: string;
  detail?: string;
}

export interface Session {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object, key: string): Promise<T>;
  end(): Promise<void>;
}

/**
 * By CHIMERA_TOKEN, a sign-in's access token, else by name with the password from CHIMERA_PASSWORD or asked for.
 * Throws with the gateway's own words when it refuses.
 */
export async function signIn(username: string): Promise<Session> {
  const { CHIMERA_TOKEN, CHIMERA_PASSWORD } = process.env;
  if (CHIMERA_TOKEN !== undefined) return session(CHIMERA_TOKEN, async () => {});
  const password = CHIMERA_PASSWORD ?? (await askSecret(`Password of ${username}: `));
  const { access_token } = await send<{ access_token: string }>("POST", "/auth/login", {
    body: { username, password },
  });
  const end = () => send("POST", "/auth/logout", { body: {}, token: access_token, key: crypto.randomUUID() });
  return session(access_token, async () => void (await end()));
}

const session = (token: string, end: () => Promise<void>): Session => ({
  get: (path) => send("GET", `/api/v1${path}`, { token }),
  post: (path, body, key) => send("POST", `/api/v1${path}`, { token, body, key }),
  end,
});

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
  const { title, detail } = answer as Refusal;
  throw new Error([title, detail].filter((text) => text !== undefined).join(": "));
}

/** Reads a line that is not shown. Throws where there is no terminal to ask at, saying what to do `instead`. */
export async function askSecret(
  question: string,
  instead = "set CHIMERA_PASSWORD, or CHIMERA_TOKEN to a sign-in's token",
): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Error(`There is no terminal to ask at: ${instead}.`);
  // Silent before it asks: what is typed from then on is shown nowhere.
  stdin.setRawMode(true);
  stderr.write(question);
  let hear: (chunk: unknown) => void = () => {};
  try {
    return await new Promise<string>((resolve, reject) => {
      let secret = "";
      hear = (chunk) => {
        for (const letter of String(chunk)) {
          if (letter === INTERRUPT) return reject(new Error("Nothing was asked."));
          if (ENTER.includes(letter)) return resolve(secret);
          secret = letter === ERASE ? secret.slice(0, -1) : secret + letter;
        }
      };
      // Iterating over it would end it with the first answer, and a second question would find no terminal.
      stdin.on("data", hear);
      stdin.once("end", () => resolve(secret));
      stdin.resume();
    });
  } finally {
    stdin.off("data", hear);
    stdin.setRawMode(false);
    stdin.pause();
    note("");
  }
}
