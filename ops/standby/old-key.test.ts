import { expect, test } from "bun:test";
import type { NetRequest, NetResponse } from "../../shared/kit/ports.ts";
import { askByKey } from "./old-key.ts";

const KEY = { api_key: "the-old-key-00001", secret: "its-secret-00001" };
const TAKEN = { status: 200, body: "[]" };
const REFUSED = { status: 401, body: '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}' };

const GONE = { status: 400, body: '{"code":-2008,"msg":"Invalid Api-Key ID."}' };

/** Answers signed questions one after the other, spot and futures in turn; the last one goes on. */
function asked(answers: readonly ({ status: number; body: string } | "lost")[]) {
  const requests: NetRequest[] = [];
  const slept: number[] = [];
  let at = 0;
  const fetch = async (request: NetRequest): Promise<NetResponse> => {
    requests.push(request);
    if (request.url.endsWith("/time")) return { status: 200, headers: {}, body: '{"serverTime":5}' };
    const answer = answers[Math.min(at++, answers.length - 1)];
    if (answer === undefined || answer === "lost") throw new Error("no line");
    return { headers: {}, ...answer };
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void slept.push(ms) };
  return { requests, slept, said: askByKey(KEY, { net: { fetch }, clock, env: { CHIMERA_MODE: "paper" } }) };
}

test.each([
  ["taken each time", [TAKEN], "taken", "taken"],
  ["refused each time", [REFUSED], "refused", "refused"],
  ["unknown by now", [GONE], "refused", "refused"],
  ["refused on one market", [TAKEN, REFUSED, TAKEN, REFUSED, TAKEN, REFUSED], "taken", "refused"],
  ["taken once among refusals", [REFUSED, REFUSED, TAKEN, REFUSED], "taken", "refused"],
  ["lost once among refusals", [REFUSED, REFUSED, "lost", REFUSED], "unknown", "refused"],
  ["another error", [{ status: 400, body: '{"code":-1021,"msg":"x"}' }], "unknown", "unknown"],
  ["an error page", [{ status: 502, body: "<html>" }], "unknown", "unknown"],
] as const)("a key that is %s", async (_, answers, spot, fut) => {
  const { said, slept } = asked(answers);
  expect(await said).toEqual({ SPOT: spot, FUT: fut });
  expect(slept).toEqual([2_000, 2_000]);
});

test("a paper venue is asked at its moved ports, an exchange at its own address whatever the ports are", async () => {
  const urls: string[] = [];
  const fetch = async ({ url }: NetRequest): Promise<NetResponse> => {
    urls.push(new URL(url).host);
    throw new Error("no line");
  };
  const clock = { now: () => 0, sleep: async () => {} };
  for (const CHIMERA_MODE of ["paper", "live"]) {
    await askByKey(KEY, { net: { fetch }, clock, env: { CHIMERA_MODE, CHIMERA_PORT_OFFSET: "100" } });
  }
  expect([...new Set(urls)]).toEqual(["127.0.0.1:8193", "127.0.0.1:8194", "api.binance.com", "fapi.binance.com"]);
});

test("it asks for balances alone, by the exchange's own time, and its secret is in nothing that is sent", async () => {
  const { requests, said } = asked([TAKEN]);
  await said;
  const paths = new Set(requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`));
  expect([...paths].sort()).toEqual([
    "GET /api/v3/account",
    "GET /api/v3/time",
    "GET /fapi/v1/time",
    "GET /fapi/v3/balance",
  ]);
  expect(requests.filter(({ url }) => url.includes("timestamp=5&signature="))).toHaveLength(6);
  expect(JSON.stringify(requests)).not.toContain(KEY.secret);
});
