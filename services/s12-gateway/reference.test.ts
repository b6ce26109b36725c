import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { refuse } from "../../shared/errors.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import { NetError, type ServiceId } from "../../shared/kit/ports.ts";
import type { Log, Peers, Principal } from "../../shared/kit/service.ts";
import { createApiDocuments } from "./api-documents.ts";
import { type ApiDocument, mergeApi, type Operation } from "./api-merge.ts";
import { createProxy } from "./proxy.ts";

const PASSWORD = "correct-horse-1";
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const ann: Principal = { kind: "person", id: "ann", role: "trader" };

describe("the reference of a running system", () => {
  let simulation: Simulation;
  let token: string;
  const ask = (path: string, init: RequestInit = {}) => {
    const gateway = simulation.services.hosted.get("s12") as Hosted;
    return whileRunning(simulation.clock, gateway.fetch(new Request(`http://127.0.0.1:8092${path}`, init)));
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    ask(path, { headers: { authorization: `Bearer ${token}`, ...headers } });

  beforeAll(async () => {
    simulation = await openSimulation({
      seed: "reference",
      market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
      env: { CHIMERA_ADMIN_PASSWORD: PASSWORD },
    });
    await simulation.advance(1_000);
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ username: "admin", password: PASSWORD });
    const answer = await ask("/auth/login", { method: "POST", headers, body });
    token = ((await answer.json()) as { access_token: string }).access_token;
  });
  afterAll(async () => {
    await whileRunning(simulation.clock, simulation.services.stop());
  });

  test("is one valid document of every path that people may ask, and of no other", async () => {
    const document = (await (await get("/api/v1/openapi.json")).json()) as ApiDocument;
    const checked = await new Validator().validate(structuredClone(document) as never);
    expect(checked).toEqual({ valid: true });
    expect(document.info["x-services-away"]).toBeUndefined();
    const verbs = [...simulation.services.hosted.values()].flatMap((each) => each.verbs);
    const documented = (rest: string) => {
      const [method, path] = rest.split(" ") as [string, string];
      return document.paths[`/api/v1${path}`]?.[method.toLowerCase()] !== undefined;
    };
    for (const { rest, audience } of verbs) {
      if (rest !== undefined) expect([rest, documented(rest)]).toEqual([rest, audience !== "service"]);
    }
  });
  test("names each operation once, by its service and with its roles", async () => {
    const document = (await (await get("/api/v1/openapi.json")).json()) as ApiDocument;
    const operations = Object.values(document.paths).flatMap((each) => Object.values(each));
    const ids = operations.map((each) => each.operationId);
    expect(ids.length).toBe(new Set(ids).size);
    const order = document.paths["/api/v1/orders"]?.post as Operation;
    expect([order.tags, order["x-roles"]]).toEqual([["s04-router"], ["trader", "admin"]]);
    expect(document.paths["/api/v1/auth/login"]?.post?.security).toBeUndefined();
  });
  test("is answered with 304 to who has it, and to nobody without a sign-in", async () => {
    const etag = (await get("/api/v1/openapi.json")).headers.get("etag") as string;
    expect((await get("/api/v1/openapi.json", { "if-none-match": etag })).status).toBe(304);
    for (const path of ["/api/v1/openapi.json", "/api/v1/docs", "/api/v1/docs.js"]) {
      expect((await ask(path)).status).toBe(401);
    }
  });
  test("has a page without scripts or styles in it, whose own files are there", async () => {
    const response = await get("/api/v1/docs");
    expect(response.headers.get("content-type")).toStartWith("text/html");
    expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
    const page = await response.text();
    expect(page).not.toMatch(/<script(?! src="docs\.js" defer><)|<style|\son\w+=|\sstyle=|="https?:\/\//);
    expect(page).toContain('data-path="/api/v1/positions"');
    expect(page).not.toContain("/xchg/treasury/transfer<");
    for (const path of ["/api/v1/docs.js", "/api/v1/docs.css"]) expect((await get(path)).status).toBe(200);
  });
});

describe("merging", () => {
  const of = (path: string, shape: object, tags = ["people"]): ApiDocument => ({
    openapi: "3.1.0",
    info: { title: "", version: "" },
    paths: {
      [path]: {
        get: {
          tags,
          responses: {
            200: { content: { "application/json": { schema: { $ref: "#/components/schemas/Outer" } } } },
          },
        },
      },
    },
    components: {
      schemas: {
        Outer: { type: "object", properties: { inner: { $ref: "#/components/schemas/Inner" } } },
        Inner: shape as never,
      },
    },
  });
  const parts = { prefix: "/v", cookie: "c", own: {} };
  const source = (name: string, document: ApiDocument | undefined) => ({ name, title: name, document });

  test("says alike shapes once, and keeps apart what two versions call the same", () => {
    const same = mergeApi(
      [source("a", of("/a", { type: "string" })), source("b", of("/b", { type: "string" }))],
      parts,
    );
    expect(Object.keys(same.components?.schemas ?? {})).toEqual(["Inner", "Outer"]);
    const apart = mergeApi(
      [source("a", of("/a", { type: "string" })), source("b", of("/b", { type: "number" }))],
      parts,
    );
    expect(Object.keys(apart.components?.schemas ?? {})).toEqual(["Inner", "Inner-b", "Outer", "Outer-b"]);
    expect(JSON.stringify(apart.paths["/v/b"])).toContain("#/components/schemas/Outer-b");
    expect(JSON.stringify(apart.components?.schemas?.["Outer-b"])).toContain("#/components/schemas/Inner-b");
  });
  test("leaves out service-only paths with their shapes, and says who is away", () => {
    const merged = mergeApi([source("a", of("/a", {}, ["service only"])), source("b", undefined)], parts);
    expect(merged.paths).toEqual({});
    expect(merged.components?.schemas).toEqual({});
    expect(merged.info["x-services-away"]).toEqual(["b"]);
    expect(merged.info.description).toContain("b cannot be reached");
  });
});

describe("the way to a troubled service", () => {
  type Says = "NOT_OWNER" | "NOT_READY" | "STOPPING" | "UNAVAILABLE";
  /** What the peer says to each request, in order; a text is a Problem's code. */
  function proxyTo(says: (Says | "hangs up" | "is away")[], isDocumented = true) {
    const clock = new VirtualClock(0);
    const asked: string[] = [];
    const document = { paths: { "/things": { get: { responses: {} }, post: { responses: {} } } } };
    const peers = {
      services: [{ id: "s04" as ServiceId, name: "s04-router", title: "", port: 1 }],
      async fetch(_id: ServiceId, request: Request) {
        if (new URL(request.url).pathname === "/openapi.json") {
          return isDocumented ? Response.json(document) : refuse("UNAVAILABLE", "away");
        }
        asked.push(`${request.method} ${await request.text()}`);
        const next = says.shift();
        if (next === "is away") {
          const cause = new NetError("refused", "ECONNREFUSED");
          refuse("UNAVAILABLE", "s04-router cannot be reached.", { cause });
        }
        if (next === "hangs up") refuse("UNAVAILABLE", "s04-router cannot be reached.");
        const headers = { "retry-after": "1" };
        return next ? Response.json({ code: next }, { status: 503, headers }) : Response.json({ done: true });
      },
    } as unknown as Peers;
    const documents = createApiDocuments({ peers, clock, log: silent, self: "s12" });
    const care = { heed: async () => {}, orKept: async (answer: Response) => answer };
    const { forward } = createProxy({ peers, documents, clock, random: seededRandom("x"), self: "s12", care });
    const send = (method: "GET" | "POST", path = "/things") => {
      const init = method === "POST" ? { method, body: "{}", headers: { "content-length": "2" } } : { method };
      return whileRunning(clock, forward(new Request(`http://g/api/v1${path}`, init), ann));
    };
    return { send, asked, clock };
  }

  test("asks again between two holders of a shard, whatever was asked: nothing was done", async () => {
    for (const method of ["GET", "POST"] as const) {
      const { send, asked } = proxyTo(["NOT_OWNER"]);
      expect(await (await send(method)).json()).toEqual({ done: true });
      expect(asked.length).toBe(2);
    }
    const { send } = proxyTo(Array.from({ length: 100 }, () => "NOT_OWNER" as const));
    expect((await send("POST")).status).toBe(503);
  });
  test("holds a change while its only holder is started again: it stops, is away, is not ready yet", async () => {
    const restarts = ["STOPPING", "is away", "is away", "is away", "NOT_READY", "NOT_READY"] as const;
    const { send, asked } = proxyTo([...restarts]);
    expect(await (await send("POST")).json()).toEqual({ done: true });
    expect(asked.length).toBe(restarts.length + 1);
    const dead = proxyTo(Array.from({ length: 100 }, () => "is away" as const));
    expect(await dead.send("POST").catch((error: unknown) => error)).toMatchObject({ code: "UNAVAILABLE" });
  });
  test("repeats a read that did not arrive, and never a change", async () => {
    const read = proxyTo(["hangs up"]);
    expect((await read.send("GET")).status).toBe(200);
    const change = proxyTo(["hangs up"]);
    expect(change.send("POST")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await change.clock.run(10_000);
    expect(change.asked).toEqual(["POST {}"]);
  });
  test("takes a service's own 503 for the answer that it is", async () => {
    const { send, asked } = proxyTo(["UNAVAILABLE"]);
    expect((await send("GET")).status).toBe(503);
    expect(asked.length).toBe(1);
  });
  test("leaves a service that does not answer alone for a moment, and says whom; what changes something is tried", async () => {
    const { send, asked, clock } = proxyTo(Array.from({ length: 5 }, () => "hangs up" as const));
    for (let i = 0; i < 2; i++) await send("GET").catch(() => {});
    const before = asked.length;
    expect(before).toBe(5);
    const refused = await send("GET").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("s04-router") });
    expect(asked.length).toBe(before);
    expect((await send("POST")).status).toBe(200);
    await clock.run(clock.now() + 1_000);
    expect((await send("GET")).status).toBe(200);
  });
  test("does not call a path unknown while somebody whose paths are not known is away", async () => {
    const { send } = proxyTo([], false);
    const refused = await send("GET").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("s04-router") });
    const known = proxyTo([]);
    expect(await known.send("GET", "/nothing").catch((error: unknown) => error)).toMatchObject({ code: "NOT_FOUND" });
  });
});
