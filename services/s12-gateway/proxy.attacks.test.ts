import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { Desk, FUT } from "../../ops/sim/desk.fixture.ts";
import { readAll } from "../../ops/sim/pages.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { intents, orders } from "../../shared/collections/orders.ts";
import { auditLog, users } from "../../shared/collections/people.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import { rootLog, serviceLog } from "../../shared/kit/log.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { type Document, operationsOf } from "./attack.fixture.ts";
import { PATIENT, signedInAs } from "./session.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

/** Bad values in what the gateway passes on, and ways around the kill switch, on a desk that trades. */
let desk: Desk;
let token: string;

beforeAll(async () => {
  const env = { ...PATIENT, CHIMERA_ADMIN_PASSWORD: "correct-horse-1" };
  desk = await Desk.open({ seed: "proxy attacks", env });
  token = await running(signedInAs(desk.sim, "ada", "admin"));
});
afterAll(async () => {
  await running(desk.sim.services.stop());
});

const running = <T>(work: Promise<T>): Promise<T> => whileRunning(desk.sim.clock, work);
let asked = 0;
interface Said {
  status: number;
  text: string;
  body: Record<string, unknown>;
}
async function ask(id: ServiceId, target: string, body?: unknown, bearer = token): Promise<Said> {
  const [method, path] = target.split(" ") as [string, string];
  const headers = {
    authorization: `Bearer ${bearer}`,
    "content-type": "application/json",
    "idempotency-key": `attack-${++asked}`,
  };
  const text = typeof body === "string" ? body : JSON.stringify(body ?? {});
  const request = new Request(`http://127.0.0.1:8092${path}`, {
    method,
    headers,
    ...(method !== "GET" && { body: text }),
  });
  const response = await running(desk.sim.services.hosted.get(id)!.fetch(request));
  const said = await response.text();
  return { status: response.status, text: said, body: JSON.parse(said) as Record<string, unknown> };
}
const order = (over: Record<string, unknown>) => ({ intent: { ...desk.intent(FUT), ...over } });
const stored = () => readAll(desk.sim.world.store("s04"), intents);

describe("numbers that are none are refused, and nothing is sent", () => {
  const rows: [string, string][] = [
    ["NaN", '"NaN"'],
    ["infinity", '"Infinity"'],
    ["1e309", "1e309"],
    ["1e309 as a text", '"1e309"'],
    ["minus zero", '"-0"'],
    ["minus zero as a number", "-0"],
    ["below nothing", '"-300"'],
    ["hexadecimal", '"0x10"'],
    ["a comma", '"1,5"'],
    ["a space", '" 5"'],
    ["digits of another script", '"٣٠٠"'],
    ["four hundred digits", `"${"9".repeat(400)}"`],
    ["finer than anything is", `"0.${"0".repeat(40)}1"`],
    ["null", "null"],
    ["a list", "[300]"],
    ["an object", '{"valueOf":300}'],
  ];
  for (const [what, value] of rows) {
    test(what, async () => {
      const before = (await stored()).length;
      for (const place of ["notional_usdt", "qty", "price", "stop_price"]) {
        const text = JSON.stringify(order({ [place]: "HERE", ...(place === "qty" && { notional_usdt: undefined }) }));
        const said = await ask(
          "s12",
          "POST /api/v1/orders",
          text.replace('"HERE"', () => value),
        );
        expect([place, said.status]).toEqual([place, 400]);
      }
      expect((await stored()).length).toBe(before);
    });
  }
  test("off the step and off the tick", async () => {
    const before = (await readAll(desk.sim.world.store("s04"), orders)).length;
    const price = desk.price(FUT, 0.99);
    const limit = { type: "LIMIT", valid_until: desk.sim.clock.now() + 5_000 };
    const off: Record<string, unknown>[] = [
      { ...limit, price: `${price}${price.includes(".") ? "" : "."}0137` },
      { qty: "0.00000001", notional_usdt: undefined },
      { notional_usdt: "0.01" },
      { stop_loss: { price: "0.00000001" } },
      { leverage: 20.5 },
      { leverage: 1_000 },
    ];
    for (const over of off) {
      const said = await ask("s12", "POST /api/v1/orders", order(over));
      expect([JSON.stringify(over), said.status >= 400 && said.status < 500]).toEqual([JSON.stringify(over), true]);
    }
    expect((await readAll(desk.sim.world.store("s04"), orders)).length).toBe(before);
  });
  test("a limit of 10^9, or none at all, on every list", async () => {
    const document = (await ask("s12", "GET /api/v1/openapi.json")).body as unknown as Document;
    const lists = operationsOf(document).filter(
      ({ method, queryNames }) => method === "GET" && queryNames.includes("limit"),
    );
    expect(lists.length).toBeGreaterThan(15);
    for (const { path } of lists) {
      for (const limit of ["1000000000", "-1", "0", "1.5", "NaN", "1e9", ""]) {
        const said = await ask(
          "s12",
          `GET ${/^\/(auth|api)\//.test(path) ? path : `/api/v1${path}`}?limit=${limit}`.replace(/\{\w+\}/g, "x"),
        );
        expect([path, limit, said.status]).toEqual([path, limit, 400]);
      }
    }
  });
});

describe("symbols and ids that are none are refused by name", () => {
  const BAD = [
    "FUT:BTCUSDT\u0000",
    "FUT:BTC\nUSDT",
    "FUT:ВТСUSDT",
    "ＦＵＴ:BTCUSDT",
    "FUT:BTCUSDT ",
    "fut:btcusdt",
    "{FUT:BTCUSDT}",
    "FUT:{BTC}USDT",
    "FUT::BTCUSDT",
    "FUT:BTCUSDT:FUT",
    "\u202eTDSUCTB:TUF",
    "FUT:BTCUSDT/../SPOT:BTCUSDT",
    "FUT:BTC*",
    "__proto__",
    "",
  ];
  for (const instrument of BAD) {
    test(JSON.stringify(instrument), async () => {
      const before = (await stored()).length;
      expect((await ask("s12", "POST /api/v1/orders", order({ instrument }))).status).toBe(400);
      const flatten = { instruments: [instrument], reason: "attack" };
      expect((await ask("s12", "POST /api/v1/positions/flatten", flatten)).status).toBe(400);
      expect((await stored()).length).toBe(before);
    });
  }
  for (const intent_id of ["a b", "a\u0000", "a{b}", "a}{b", "а", "../a", "a\r\nb", "x".repeat(1_000), ""]) {
    test(`an intent called ${JSON.stringify(intent_id.slice(0, 12))}`, async () => {
      const before = (await stored()).length;
      expect((await ask("s12", "POST /api/v1/orders", order({ intent_id }))).status).toBe(400);
      expect((await stored()).length).toBe(before);
    });
  }
});

describe("what is put into a question stays a value in it", () => {
  const INJECTIONS = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE c_audit_log; --",
    '" OR ""="',
    '") || true //',
    "@@collection RETURN doc",
    "x' UNION SELECT value FROM c_users --",
    "*",
    "%",
    "_",
    "?:*",
    "ada\u0000",
    "{ada}",
    "$ne",
    '{"ne":null}',
  ];
  test("of SQL, AQL and Redis, in filters, cursors and searches", async () => {
    const s12 = desk.sim.world.store("s12");
    await desk.sim.advance(1_000);
    const kept = [await s12.count(auditLog), await s12.count(users)];
    expect(kept[0]).toBeGreaterThan(0);
    for (const text of INJECTIONS.map(encodeURIComponent)) {
      for (const place of ["actor", "what", "ref", "source", "trace_id"]) {
        expect([text, place, (await ask("s12", `GET /audit?${place}=${text}`)).body.items]).toEqual([text, place, []]);
      }
      const search = await ask("s12", `GET /search?q=${text}`);
      expect([text, search.status < 500, search.text.includes("password_hash")]).toEqual([text, true, false]);
      expect((await ask("s12", `GET /api/v1/orders?instrument=${text}`)).status).toBe(400);
      expect((await ask("s12", `GET /audit?cursor=${text}`)).status).toBe(400);
    }
    expect([await s12.count(auditLog), await s12.count(users)]).toEqual(kept);
  });
  test("operators in place of values are refused", async () => {
    for (const query of ["actor[ne]=x", "actor.ne=x", "actor={}&actor[$gt]="]) {
      const said = await ask("s12", `GET /audit?${query}&limit=1`);
      expect([query, said.status < 500]).toEqual([query, true]);
    }
    for (const value of ['{"ne":null}', '{"in":["ada"]}', "[]", "true"]) {
      const said = await ask("s12", "POST /auth/login", `{"username":${value},"password":"x"}`);
      expect([value, said.status]).toEqual([value, 400]);
    }
  });
  test("keys of idempotency with braces, colons and stars are keys like others, and not each other's", async () => {
    const flatten = (key: string, reason: string) =>
      running(
        desk.sim.services.hosted.get("s12")!.fetch(
          new Request("http://127.0.0.1:8092/api/v1/positions/flatten", {
            method: "POST",
            headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": key },
            body: JSON.stringify({ instruments: [FUT], reason }),
          }),
        ),
      );
    const keys = ["{a}:*", "{a}:b", "a}{", "*", "a:b:c", "' OR 1=1 --"];
    for (const key of keys)
      expect([key, (await flatten(key, key)).headers.get("idempotency-replayed")]).toEqual([key, null]);
    for (const key of keys)
      expect([key, (await flatten(key, key)).headers.get("idempotency-replayed")]).toEqual([key, "true"]);
  });
  test("a line of the log is one, whatever is written into it", () => {
    const forged = '{"level":"ERROR","service":"s04","msg":"forged"}';
    const text = `x\n${forged}\r\n\u001b[31m${forged}\u0000\u0085`;
    const lines: string[] = [];
    const log = serviceLog(
      rootLog(desk.sim.clock, (line) => lines.push(line), "debug"),
      "s12",
      () => 1,
    );
    log.warn(text, { error: text, [text]: text });
    log.error("plain", { nested: { reason: [text] } });
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([text, "plain"]);
    for (const line of lines) {
      expect(line).toEndWith("\n");
      expect([...line.slice(0, -1)].filter((character) => character < " ")).toEqual([]);
    }
  });
});

describe("after kill-on is acknowledged nothing enlarges anything", () => {
  test("not a queued slice, an add, an order at the gateway, past it, or of a service", async () => {
    const s04 = desk.sim.world.store("s04");
    const opened = await ask("s12", "POST /api/v1/orders", order({ intent_id: "before" }));
    expect(opened.status).toBeLessThan(300);
    await desk.sim.advance(2_000);
    const twap = { policy: "MARKET", twap: { slices: 5, interval_ms: 2_000, jitter: 0 } };
    const sliced = await ask(
      "s12",
      "POST /api/v1/orders",
      order({ intent_id: "sliced", notional_usdt: "900", exec: twap }),
    );
    expect(sliced.status).toBeLessThan(300);
    const entries = async () => (await readAll(s04, orders)).filter(({ leg }) => leg.startsWith("e"));
    expect((await entries()).length).toBeGreaterThan(0);

    const killed = await ask("s12", "POST /kill-switch", { enable: true, mode: "CANCEL", reason: "attack" });
    expect(killed.status).toBeLessThan(300);
    const then = (await entries()).length;
    const tokens = createTokens(desk.sim.world.serviceKey, desk.sim.clock);
    const person = await running(tokens.mint("s12", "s04", { id: "ada", role: "admin" }));
    const service = await running(tokens.mint("s03", "s04"));
    const refused = [
      await ask("s12", "POST /api/v1/orders", order({ intent_id: "after-1" })),
      await ask("s04", "POST /orders", order({ intent_id: "after-2" }), person),
      await ask("s04", "POST /orders", order({ intent_id: "after-3" }), service),
      await ask("s04", "POST /orders", order({ intent_id: "after-4", reduce_only: true }), service),
      await ask("s04", "POST /orders", order({ intent_id: "after-5", kind: "ADD", trade_id: "before" }), service),
    ];
    const killedBy = "KILL_SWITCH";
    expect(refused.map(({ body }) => body.code)).toEqual([killedBy, killedBy, killedBy, "INVALID", killedBy]);
    expect(await desk.place(desk.intent(FUT, { intent_id: "after-6" }))).toBe(killedBy);
    // The same id again is answered as the first time, and sends nothing.
    await ask("s12", "POST /api/v1/orders", order({ intent_id: "sliced", notional_usdt: "900", exec: twap }));
    await ask("s12", "POST /api/v1/positions/manage", { instruments: [FUT], actions: ["ADD_IF_OK"] });
    await desk.sim.advance(15_000);
    expect((await entries()).length).toBe(then);
    expect(await desk.troubles()).toEqual([]);
  });
});
