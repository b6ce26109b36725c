import { expect, test } from "bun:test";
import { asProblem, type Problem } from "../../../shared/errors.ts";
import type { NetRequest, NetResponse } from "../../../shared/kit/ports.ts";
import { testSurroundings } from "../surroundings.fixture.ts";
import { encode, Rest } from "./rest.ts";

/** The example of Binance's documentation. */
const SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

function open(answer: (request: NetRequest) => Partial<NetResponse>) {
  const requests: NetRequest[] = [];
  const net = {
    connect: () => ({ send() {}, close() {} }),
    fetch: async (request: NetRequest) => {
      requests.push(request);
      return { status: 200, headers: {}, body: "{}", ...answer(request) };
    },
  };
  const around = testSurroundings({ net, settings: { apiKey: "the-key", apiSecret: SECRET } });
  return { around, requests, rest: new Rest(around, "FUT", "https://exchange") };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => (asProblem(error) as Problem).code,
  );
const read = { auth: "none" } as const;

test("it signs as the documentation's example does", () => {
  const { rest } = open(() => ({}));
  const query =
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
  expect(rest.sign(query)).toBe("c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71");
});

test("the signature covers what is sent, in the body of a POST and the query of a GET", async () => {
  const { rest, requests } = open(() => ({}));
  await rest.call("POST", "/order", { symbol: "A B", price: undefined }, { auth: "signed" });
  await rest.call("GET", "/order", { symbol: "AB" }, { auth: "signed" });
  const [post, get] = requests;
  const signed = (text: string) => {
    const [query, signature] = text.split("&signature=");
    expect(signature).toBe(rest.sign(query!));
    return query;
  };
  expect(signed(post!.body!)).toBe("symbol=A%20B&recvWindow=5000&timestamp=1700000000000");
  expect(post!.url).toBe("https://exchange/order");
  expect(signed(get!.url.split("?")[1]!)).toBe("symbol=AB&recvWindow=5000&timestamp=1700000000000");
  expect(get!.headers["x-mbx-apikey"]).toBe("the-key");
  await rest.call("GET", "/time", {}, read);
  expect(requests[2]!.headers).toEqual({});
});

test("values are encoded before they are signed", () => {
  expect(encode({ a: "1&b=2", c: true, d: undefined, e: 5 })).toBe("a=1%26b%3D2&c=true&e=5");
});

test("timestamps are the exchange's", async () => {
  const { rest, requests, around } = open(() => ({ body: '{"serverTime":1700000002500}' }));
  await rest.measureClock();
  expect(rest.clockOffsetMs).toBe(2_500);
  await rest.call("GET", "/x", {}, { auth: "signed" });
  expect(requests[1]!.url).toContain("timestamp=1700000002500");
  expect(around.counted.get("clockOffsetMs/FUT")).toBe(2_500);
});

test("the last weight of a minute is kept for what is urgent, and comes back with the next minute", async () => {
  const { rest, around, requests } = open(() => ({ headers: { "x-mbx-used-weight-1m": "2100" } }));
  await rest.call("GET", "/x", {}, read);
  const problem = asProblem(await rest.call("GET", "/x", {}, read).catch((e) => e));
  expect(problem.code).toBe("RATE_LIMITED");
  expect(problem.retryAfterMs).toBe(40_000);
  expect(await codeOf(rest.call("GET", "/x", {}, { auth: "none", urgent: true }))).toBe("done");
  await around.clock.run(around.clock.now() + 40_000);
  expect(await codeOf(rest.call("GET", "/x", {}, read))).toBe("done");
  expect(requests.length).toBe(3);
});

test.each([
  { used: 0, goesOn: ["read", "reconciles", "enters", "exits"] },
  { used: 1_679, goesOn: ["read", "reconciles", "enters", "exits"] },
  { used: 1_680, goesOn: ["reconciles", "enters", "exits"] },
  { used: 1_919, goesOn: ["reconciles", "enters", "exits"] },
  { used: 1_920, goesOn: ["enters", "exits"] },
  { used: 2_039, goesOn: ["enters", "exits"] },
  { used: 2_040, goesOn: ["exits"] },
])("of 2400, $used used: $goesOn", async ({ used, goesOn }) => {
  const asks = {
    read,
    reconciles: { auth: "signed", reconciles: true },
    enters: { auth: "signed", changes: true, places: true },
    exits: { auth: "signed", changes: true, places: true, urgent: true },
  } as const;
  const { rest } = open(() => ({ headers: { "x-mbx-used-weight-1m": String(used) } }));
  await rest.call("GET", "/x", {}, read);
  const answered = await Promise.all(
    Object.entries(asks).map(async ([name, ask]) =>
      (await codeOf(rest.call("GET", "/x", {}, ask))) === "done" ? name : [],
    ),
  );
  expect(answered.flat().join()).toBe(goesOn.join());
});

test("a storm of questions that are all sent before any is answered leaves entries and exits their part", async () => {
  const answers: (() => void)[] = [];
  const { rest, around, requests } = open(() => ({}));
  let used = 0;
  Object.assign(around.net, {
    fetch: (request: NetRequest) => {
      requests.push(request);
      used += 40;
      const headers = { "x-mbx-used-weight-1m": String(used) };
      return new Promise((resolve) => answers.push(() => resolve({ status: 200, headers, body: "{}" })));
    },
  });
  const storm = Array.from({ length: 100 }, () =>
    codeOf(rest.call("GET", "/fapi/v1/openOrders", {}, { auth: "signed", reconciles: true })),
  );
  await Promise.resolve();
  expect(requests.length).toBe(48);
  const enters = codeOf(rest.call("POST", "/o", {}, { auth: "signed", changes: true, places: true }));
  expect(requests.length).toBe(49);
  for (const answer of answers) answer();
  expect((await Promise.all(storm)).filter((said) => said === "done").length).toBe(48);
  expect(await enters).toBe("done");
});

test("an answer that comes after the minute in which it was asked for tells nothing of the next", async () => {
  const late = Promise.withResolvers<void>();
  const { rest, around } = open(() => ({ headers: { "x-mbx-used-weight-1m": "10" } }));
  const { fetch } = around.net;
  Object.assign(around.net, {
    fetch: async (request: NetRequest) => {
      if (!request.url.endsWith("/slow")) return fetch(request);
      await late.promise;
      return { status: 200, headers: { "x-mbx-used-weight-1m": "2100" }, body: "{}" };
    },
  });
  const slow = rest.call("GET", "/slow", {}, read);
  await around.clock.run(around.clock.now() + 40_000);
  await rest.call("GET", "/x", {}, read);
  late.resolve();
  await slow;
  expect(await codeOf(rest.call("GET", "/x", {}, read))).toBe("done");
});

test("429 without Retry-After is obeyed too, urgent or not", async () => {
  const { rest, around, requests } = open(() => ({ status: 429 }));
  expect(await codeOf(rest.call("GET", "/x", {}, read))).toBe("RATE_LIMITED");
  expect(await codeOf(rest.call("GET", "/x", {}, { auth: "none", urgent: true }))).toBe("RATE_LIMITED");
  expect(requests.length).toBe(1);
  expect(around.raised).toEqual(["EXCHANGE_RATE_LIMIT"]);
  await around.clock.run(around.clock.now() + 5_001);
  await codeOf(rest.call("GET", "/x", {}, read));
  expect(requests.length).toBe(2);
});

const reads: [string, Partial<NetResponse>, string][] = [
  ["5xx", { status: 500 }, "UNAVAILABLE"],
  ["no JSON", { body: "<html>" }, "UNAVAILABLE"],
  ["-1007", { status: 400, body: '{"code":-1007,"msg":"x"}' }, "UNAVAILABLE"],
  ["a web firewall", { status: 403, body: "<html>" }, "RATE_LIMITED"],
  ["-1008", { status: 400, body: '{"code":-1008,"msg":"overloaded"}' }, "RATE_LIMITED"],
  ["-1121", { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' }, "EXCHANGE_REFUSED"],
];
test.each(reads)("a question that changes nothing simply fails: %s", async (_, answer, code) => {
  const { rest } = open(() => answer);
  expect(await codeOf(rest.call("GET", "/x", {}, read))).toBe(code);
});

test.each([-2008, -2014, -2015])("a key refused by %d is alerted, and no secret is in what is said", async (code) => {
  const { rest, around } = open(() => ({ status: 401, body: JSON.stringify({ code, msg: "Invalid API-key." }) }));
  const problem = asProblem(await rest.call("GET", "/x", {}, { auth: "signed" }).catch((e) => e));
  expect(problem.code).toBe("EXCHANGE_REFUSED");
  expect(around.raised).toEqual(["KEY_REFUSED"]);
  expect(JSON.stringify([problem, String(problem.cause), problem.message])).not.toMatch(/the-key|Nhqp|signature/);
});

test("-1021 again after the clock was measured is a refusal, not a circle", async () => {
  const { rest, requests } = open(({ url }) =>
    url.includes("/time") ? { body: '{"serverTime":1}' } : { status: 400, body: '{"code":-1021,"msg":"x"}' },
  );
  expect(await codeOf(rest.call("POST", "/order", {}, { auth: "signed", changes: true }))).toBe("EXCHANGE_REFUSED");
  expect(requests.length).toBe(3);
});

test("-1021 to the question for the time is a refusal, not a wait for itself", async () => {
  const { rest, requests } = open(() => ({ status: 400, body: '{"code":-1021,"msg":"x"}' }));
  expect(await codeOf(rest.measureClock())).toBe("EXCHANGE_REFUSED");
  expect(await codeOf(rest.call("GET", "/x", {}, { auth: "signed" }))).toBe("EXCHANGE_REFUSED");
  expect(requests.length).toBe(3);
});

test("too many new orders silence new orders alone: a cancel is sent all the same", async () => {
  const { rest, requests, around } = open(({ method }) =>
    method === "POST" ? { status: 429, headers: { "retry-after": "9" }, body: '{"code":-1015,"msg":"Too many"}' } : {},
  );
  const place = { auth: "signed", changes: true, urgent: true, places: true } as const;
  expect(await codeOf(rest.call("POST", "/order", {}, place))).toBe("RATE_LIMITED");
  const problem = asProblem(await rest.call("POST", "/order", {}, place).catch((e) => e));
  expect([problem.code, problem.retryAfterMs]).toEqual(["RATE_LIMITED", 9_000]);
  expect(await codeOf(rest.call("DELETE", "/order", {}, { auth: "signed", changes: true, urgent: true }))).toBe("done");
  expect(requests.map(({ method }) => method)).toEqual(["POST", "DELETE"]);
  await around.clock.run(around.clock.now() + 9_000);
  expect(await codeOf(rest.call("POST", "/order", {}, place))).toBe("RATE_LIMITED");
  expect(requests.length).toBe(3);
});

test("the last orders of a window are kept for exits", async () => {
  const { rest, requests, around } = open(() => ({ headers: { "x-mbx-order-count-10s": "255" } }));
  rest.setOrderLimits([{ interval: "SECOND", intervalNum: 10, limit: 300 }]);
  const entry = { auth: "signed", changes: true, places: true } as const;
  expect(await codeOf(rest.call("POST", "/order", {}, entry))).toBe("done");
  expect(await codeOf(rest.call("POST", "/order", {}, entry))).toBe("RATE_LIMITED");
  expect(await codeOf(rest.call("POST", "/order", {}, { ...entry, urgent: true }))).toBe("done");
  await around.clock.run(around.clock.now() + 10_000);
  expect(await codeOf(rest.call("POST", "/order", {}, entry))).toBe("done");
  expect(requests.length).toBe(3);
});
