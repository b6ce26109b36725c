import { afterEach, describe, expect, test } from "bun:test";
import { createTokens } from "./auth.ts";
import { SHARD_HEADER } from "./forward.ts";
import { type Booted, LEASE_MS, Replicas } from "./replica.fixture.ts";
import { shardOf } from "./shard.ts";

let all: Replicas;
afterEach(() => all.end());

async function two(count: number): Promise<void> {
  all = new Replicas(count);
  await all.settled((await all.boot("one")).started);
  await all.settled((await all.boot("two")).started);
  await all.pass(4 * LEASE_MS);
}
/** A key of each shard. */
const keys = (count: number): string[] =>
  Array.from({ length: count }, (_, shard) => {
    for (let n = 0; ; n++) if (shardOf(`key-${n}`, count) === shard) return `key-${n}`;
  });
const forwards = () => all.requests.filter((request) => request.headers[SHARD_HEADER] !== undefined);
const post = (key: string, id: string) => ({
  method: "POST",
  body: "{}",
  headers: { "idempotency-key": `${key}-${id}` },
});
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;

async function call(place: string, method: string, body: object): Promise<Response> {
  const token = await all.settled(createTokens(all.world.serviceKey, all.clock).mint("s03", "s04"));
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}`, "chimera-caller": "s03" };
  return all.ask(place, `/chimera.router.v1.RouterService/${method}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
}

describe("shards on two replicas", () => {
  test("whoever is asked, a verb runs at the shard of its key, forwarded at most once", async () => {
    await two(4);
    for (const [shard, key] of keys(4).entries()) {
      for (const place of ["one", "two"]) {
        const before = forwards().length;
        const answer = await all.ask(place, `/keys/${key}`, post(key, place));
        expect(answer.status).toBe(201);
        expect(await json(answer)).toEqual({ shard, service: "s04" });
        expect(forwards().length - before).toBe(all.held(place).includes(shard) ? 0 : 1);
      }
    }
  });

  test("a repeat through the other replica has the first answer", async () => {
    await two(4);
    for (const key of keys(4)) {
      const first = await all.ask("one", `/keys/${key}`, post(key, "same"));
      const second = await all.ask("two", `/keys/${key}`, post(key, "same"));
      expect(first.headers.get("idempotency-replayed")).toBeNull();
      expect(second.headers.get("idempotency-replayed")).toBe("true");
      expect(await json(second)).toEqual(await json(first));
      expect(second.status).toBe(201);
    }
  });

  test("reads without a key are answered by whoever is asked, from the documents of all shards", async () => {
    await two(4);
    for (const key of keys(4)) await all.ask("one", `/keys/${key}`, post(key, "read"));
    const before = forwards().length;
    for (const key of keys(4)) expect(await json(await all.ask("two", `/keys/${key}`))).toEqual({ found: true, of: 1 });
    expect(forwards().length).toBe(before);
  });

  test("what is for every shard is asked of all, and its answers are one", async () => {
    await two(4);
    expect(await json(await all.ask("one", "/shards"))).toEqual({ shards: [0, 1, 2, 3] });
    const kill = { enabled: true, mode: "HALT", epoch: 7, reason: "drill", actor: "ada" };
    const outstanding = ["shard 0", "shard 1", "shard 2", "shard 3"];
    expect(await json(await call("two", "SetKill", kill))).toEqual({ epoch: 7, outstanding });
  });

  test("over RPC too, and the trace goes along", async () => {
    await two(4);
    for (const [shard, key] of keys(4).entries()) {
      expect(await json(await call("one", "GetBudget", { account: key }))).toMatchObject({
        budget_usdt: String(shard),
      });
    }
    const trace = "c".repeat(32);
    const headers = { traceparent: `00-${trace}-${"d".repeat(16)}-01` };
    const before = forwards().length;
    for (const key of keys(4)) {
      const init = post(key, "trace");
      const answer = await all.ask("one", `/keys/${key}`, { ...init, headers: { ...init.headers, ...headers } });
      expect(answer.headers.get("x-request-id")).toBe(trace);
    }
    const traces = forwards()
      .slice(before)
      .map((request) => request.headers.traceparent?.slice(3, 35));
    expect(traces).toEqual([trace, trace]);
  });

  test("what was forwarded to who no longer holds it is refused as such, and done nowhere", async () => {
    await two(4);
    const other = String(all.held("two")[0]);
    const [key] = keys(4);
    const init = post(key as string, "lost");
    const answer = await all.ask("one", `/keys/${key}`, {
      ...init,
      headers: { ...init.headers, [SHARD_HEADER]: other },
    });
    expect(answer.status).toBe(503);
    expect(await json(answer)).toMatchObject({ code: "NOT_OWNER" });
    expect(answer.headers.get("retry-after")).toBe("1");
  });
});

describe("a door", () => {
  test("between two holders refuses at once; soon the other answers", async () => {
    await two(2);
    const [shard] = all.held("two") as [number];
    const key = keys(2)[shard] as string;
    all.booted.get("two")?.crash();
    all.booted.delete("two");
    const answer = await all.ask("one", `/keys/${key}`, post(key, "gone"));
    expect(await json(answer)).toMatchObject({ code: "NOT_OWNER", status: 503 });
    await all.pass(3 * LEASE_MS);
    expect((await all.ask("one", `/keys/${key}`, post(key, "gone"))).status).toBe(201);
  });

  test("passes nothing on, and so no token, to an address that only the directory names and that is not this machine", async () => {
    await two(4);
    const [shard] = all.held("two") as [number];
    const key = keys(4)[shard] as string;
    // Sorted before the holder, so that it would be found first.
    await all.say("a", { url: "http://elsewhere", shards: [0, 1, 2, 3] });
    await all.pass(LEASE_MS);
    expect((await all.ask("one", `/keys/${key}`, post(key, "true"))).status).toBe(201);
    all.booted.get("two")?.crash();
    all.booted.delete("two");
    await all.pass(2 * LEASE_MS);
    const answer = await all.ask("one", `/keys/${key}`, post(key, "false"));
    expect(await json(answer)).toMatchObject({ code: "NOT_OWNER", detail: expect.stringContaining("CHIMERA_URL_S04") });
    expect(await json(await call("one", "GetBudget", { account: key }))).toMatchObject({ code: "unavailable" });
    expect(all.requests.filter(({ url }) => url.includes("elsewhere"))).toEqual([]);
  });

  test("tells and does nothing for who has no token", async () => {
    await two(4);
    const answer = await all.ask("one", `/keys/${keys(4)[0]}`, { headers: { authorization: "Bearer none.of.ours" } });
    expect(answer.status).toBe(401);
    expect((await all.ask("one", "/health", { headers: { authorization: "" } })).status).toBe(200);
  });
});

describe("a standby", () => {
  test("is ready, says what it is, and passes on what is asked", async () => {
    await two(1);
    const [holder, standby] = all.held("one").length === 1 ? ["one", "two"] : ["two", "one"];
    expect((await all.ask(standby as string, "/ready")).status).toBe(200);
    const health = await json(await all.ask(standby as string, "/health"));
    expect(health).toMatchObject({ status: "OK", ready: true, shards: [], shard_count: 1, replica: standby });
    expect(await json(await all.ask(holder as string, "/health"))).toMatchObject({ shards: [0] });
    const answer = await all.ask(standby as string, "/keys/a", post("a", "1"));
    expect(await json(answer)).toEqual({ shard: 0, service: "s04" });
    expect(forwards()).toHaveLength(1);
    const document = (await json(await all.ask(standby as string, "/openapi.json"))) as { openapi: string };
    expect(document.openapi).toBe("3.1.0");
  });
});

test("a replica that was to take over and could not is not ready, whoever runs it instead, until it can", async () => {
  await two(1);
  const [holder, standby] = (all.held("one").length === 1 ? ["one", "two"] : ["two", "one"]) as [string, string];
  const leave = async (place: string) => {
    await all.settled((all.booted.get(place) as Booted).replica.stop());
    all.booted.delete(place);
    await all.pass(3 * LEASE_MS);
  };
  all.broken = { shard: 0, why: "a format of another version", place: standby };
  await leave(holder);
  await all.settled((await all.boot("three")).started);
  await all.pass(3 * LEASE_MS);
  expect(all.held("three")).toEqual([0]);
  expect((await all.ask("three", "/ready")).status).toBe(200);
  expect((await all.ask(standby, "/ready")).status).toBe(503);
  all.broken = undefined;
  await leave("three");
  expect(all.held(standby)).toEqual([0]);
  expect((await all.ask(standby, "/ready")).status).toBe(200);
});

test("metrics of several shards are one text, each series with its shard", async () => {
  await two(4);
  const place = "one";
  for (const key of keys(4)) await all.ask(place, `/keys/${key}`, post(key, "metrics"));
  const text = await (await all.ask(place, "/metrics")).text();
  const lines = text.split("\n");
  expect(lines.filter((line) => line === "# TYPE chimera_request_ms histogram")).toHaveLength(1);
  expect(lines).toContain('chimera_shards_held{service="s04"} 2');
  for (const shard of all.held(place)) {
    const counts = lines.filter(
      (line) => line.startsWith("chimera_request_ms_count{") && line.includes(`shard="${shard}"`),
    );
    expect(counts).toHaveLength(1);
  }
  const counted = lines.filter((line) => line.startsWith("chimera_request_ms_count{") && line.includes('verb="keep"'));
  expect(counted).toHaveLength(2);
});

test("what the shards of one process logged is one list for S11, and for nobody else", async () => {
  await two(4);
  const tokens = createTokens(all.world.serviceKey, all.clock);
  const ask = async (place: string, caller: string) => {
    const token = await all.settled(tokens.mint(caller, "s04"));
    return all.ask(place, "/logged?after=0", { headers: { authorization: `Bearer ${token}` } });
  };
  for (const place of ["one", "two"]) {
    const { items } = (await json(await ask(place, "s11"))) as {
      items: { message: string; fields: { shard: number } }[];
    };
    const shards = items.filter(({ message }) => message === "came up").map(({ fields }) => fields.shard);
    expect(shards.toSorted()).toEqual([...all.held(place)].toSorted());
    expect((await ask(place, "s03")).status).toBe(403);
  }
});
