import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { loadServices } from "../../ops/services.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { apiKeys, sessions, users } from "../../shared/collections/people.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import type { Collection, ServiceId } from "../../shared/kit/ports.ts";
import { type Document, fill, type Operation, operationsOf } from "./attack.fixture.ts";
import { PATIENT, signedInAs } from "./session.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

/** Nothing that is secret leaves: every GET of every service, asked as an admin and as a service, and all logs. */
const PASSWORD = "correct-horse-battery-1";
/** Of the paper venue, which signs and checks like the exchange. */
const API_SECRET = "paper-secret";
const API_KEY = "paper-key";
const TRADING_MS = 30_000;
const IDS_MAX = 60;
const services = await loadServices();

let simulation: Simulation;
let token: string;
const lines: string[] = [];
/** What was given out once, when it was made, and must not come again. */
const given: string[] = [];

beforeAll(async () => {
  simulation = await openSimulation({
    seed: "secrets",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { ...PATIENT, CHIMERA_ADMIN_PASSWORD: PASSWORD },
    onLog: (line) => lines.push(line),
  });
  await simulation.advance(TRADING_MS);
  token = await running(signedInAs(simulation, "ada", "admin"));
  const made = [
    await ask("s12", "POST", "/users", { username: "bob", role: "viewer" }),
    await ask("s12", "POST", "/users/bob/reset-password", {}),
    await ask("s12", "POST", "/api-keys", { name: "k", role: "viewer", expires_in_days: 1 }),
    await ask("s12", "POST", "/auth/totp/enrol", {}),
    await ask("s12", "POST", "/auth/login", { username: "admin", password: PASSWORD }),
    await ask("s12", "POST", "/auth/login", { username: "admin", password: "wrong-password-4711" }),
    await ask("s12", "POST", "/treasury/transfer", {
      from: "SPOT",
      to: "FUT",
      asset: "USDT",
      amount: "5",
      reason: "walk",
    }),
  ].map((text) => JSON.parse(text) as Record<string, unknown>);
  for (const answer of made) {
    for (const name of ["one_time_password", "api_key", "secret", "otpauth_url", "access_token", "refresh_token"]) {
      if (typeof answer[name] === "string") given.push(answer[name]);
    }
    if (Array.isArray(answer.recovery_codes)) given.push(...(answer.recovery_codes as string[]));
  }
  given.push("wrong-password-4711", PASSWORD, API_SECRET, API_KEY, token);
  await simulation.advance(3_000);
});
afterAll(async () => {
  await running(simulation.services.stop());
});

const running = <T>(work: Promise<T>): Promise<T> => whileRunning(simulation.clock, work);
async function ask(id: ServiceId, method: string, path: string, body?: object, headers: object = {}): Promise<string> {
  const init = {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": `${method} ${path}`,
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  };
  const request = new Request(`http://127.0.0.1:8092${path}`, init);
  return running(textOf(simulation.services.hosted.get(id)!.fetch(request), /\/events$/.test(path)));
}
async function textOf(asked: Promise<Response>, isEndless: boolean): Promise<string> {
  const response = await asked;
  if (!isEndless) return response.text();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

/** Bytes in every form that they are usually written in. */
const written = (bytes: Uint8Array): string[] =>
  (["hex", "base64", "base64url"] as const).map((form) => Buffer.from(bytes).toString(form).replace(/=+$/, ""));

async function secrets(): Promise<string[]> {
  const { world } = simulation;
  const all = async <T>(collection: Collection<T>): Promise<T[]> =>
    (await world.store("s12").query(collection, { limit: 1_000 })).items.map((row) => row.value);
  const stored = [...(await all(users)), ...(await all(sessions)), ...(await all(apiKeys))].flatMap((row) =>
    Object.entries(flat(row)).flatMap(([name, value]) => (/hash|sealed|salt|recovery/.test(name) ? [value] : [])),
  );
  const grant = world.env.CHIMERA_S12_GRANT_KEY ?? "";
  return [...given, ...stored, ...written(world.serviceKey), grant].filter(
    (text) => text.length >= 8 && text !== "none",
  );
}
/** Texts by the path of names that leads to them. */
function flat(value: unknown, path = ""): Record<string, string> {
  if (typeof value === "string") return { [path]: value };
  if (typeof value !== "object" || value === null) return {};
  return Object.assign({}, ...Object.entries(value).map(([name, inner]) => flat(inner, `${path}.${name}`)));
}

/** What no answer looks like, whoever made it. */
const LOOKS_SECRET =
  /\$argon2|-----BEGIN|"(password|password_hash|token_hash|refresh_hash|sealed_secret|recovery|secret|api_secret|private_key|d)":|\beyJ[\w-]{10,}\.eyJ|\bchk_[\w-]{20,}|signature=[0-9a-f]{64}/;

async function documents(): Promise<[ServiceId, Operation[]][]> {
  const found: [ServiceId, Operation[]][] = [];
  for (const { id } of services) {
    const document = JSON.parse(await ask(id, "GET", "/openapi.json")) as Document;
    found.push([id, operationsOf(document).filter(({ method }) => method === "GET")]);
  }
  return found;
}
const idsIn = (text: string): string[] =>
  [...text.matchAll(/"(\w+_id|username|key|name|instrument|id)":"([^"\\]{1,80})"/g)].map(([, , id]) => id as string);

test("no answer, page, table, metric or line of a log holds a secret", async () => {
  const tokens = createTokens(simulation.world.serviceKey, simulation.clock);
  const told: [string, string][] = [];
  const ids = new Set(["FUT:BTCUSDT", "ada", "s04", "shipped"]);
  const rounds = await documents();
  for (const [id, operations] of rounds) {
    const own = id === "s12" ? token : await running(tokens.mint("s12", id));
    const headers = { authorization: `Bearer ${own}` };
    for (const path of ["/health", "/ready", "/openapi.json", "/docs", "/metrics"]) {
      told.push([`${id} ${path}`, await ask(id, "GET", path, undefined, headers)]);
    }
    for (const { path, pathNames, serviceOnly } of operations) {
      if (pathNames.length > 0) continue;
      const text = await ask(id, "GET", path, undefined, headers);
      for (const found of idsIn(text).slice(0, 5)) ids.add(found);
      told.push([`${id} ${path}`, text]);
      told.push([
        `${id} ${path} as a table`,
        await ask(id, "GET", path, undefined, { ...headers, accept: "text/csv" }),
      ]);
      if (!serviceOnly && id !== "s12") told.push([`gateway ${path}`, await ask("s12", "GET", `/api/v1${path}`)]);
    }
  }
  const some = [...ids].slice(0, IDS_MAX);
  for (const [id, operations] of rounds) {
    const own = id === "s12" ? token : await running(tokens.mint("s12", id));
    for (const { path, pathNames } of operations) {
      for (const each of pathNames.length === 0 ? [] : some) {
        const filled = fill(path, encodeURIComponent(each));
        told.push([`${id} ${filled}`, await ask(id, "GET", filled, undefined, { authorization: `Bearer ${own}` })]);
      }
    }
  }
  told.push(["logs", lines.join("\n")]);
  const hidden = await secrets();
  expect(hidden.length).toBeGreaterThan(15);
  expect(told.length).toBeGreaterThan(300);
  const leaks = told.flatMap(([where, text]) => {
    const secret = hidden.find((each) => text.includes(each));
    const look = where.endsWith("openapi.json") || where.endsWith("/docs") ? undefined : LOOKS_SECRET.exec(text)?.[0];
    return secret !== undefined || look !== undefined ? [[where, secret ?? look]] : [];
  });
  expect(leaks).toEqual([]);
  expect(told.filter(([, text]) => text.includes("requests a minute"))).toEqual([]);
}, 300_000);
