import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createTokens, type OnBehalf } from "../../shared/kit/auth.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Role } from "../../shared/kit/service.ts";
import { type Gateway, openGateway } from "./people.fixture.ts";
import { BODIES, ROLES, TABLE } from "./role-table.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

/** Every request of the table, with the service whose operation it is. */
interface Row {
  what: string;
  id: ServiceId;
  method: string;
  path: string;
  family: (typeof TABLE)[string];
}
interface Answer {
  status: number;
  code: string | undefined;
}
const BATCH = 50;
const NAMES: Record<string, string> = { instrument: "FUT:BTCUSDT", day: "2026-01-01" };

let gateway: Gateway;
let rows: Row[];
const declared: { id: ServiceId; operation: string }[] = [];
const asRow = ([what, family]: readonly [string, Row["family"]]): Row => {
  const operation = what.replace(/ \(.*\)$/, "");
  const [method, path] = operation.split(" ") as [string, string];
  const id = declared.find((each) => each.operation === operation)?.id ?? "s12";
  return { what, id, method, path: path.replace(/\{(\w+)\}/g, (_all, name) => NAMES[name] ?? "none"), family };
};

beforeAll(async () => {
  gateway = await openGateway("roles");
  for (const [id, { verbs }] of gateway.sim.services.hosted) {
    for (const { rest } of verbs) if (rest !== undefined) declared.push({ id, operation: rest });
  }
  rows = Object.values(TABLE)
    .flatMap((family) => family.operations.map((what) => [what, family] as const))
    .map(asRow);
});
afterAll(() => gateway.stop());

let keys = 0;
async function send({ what, id, method, path }: Row, headers: Record<string, string>): Promise<Answer> {
  const isRead = method === "GET";
  const url = `http://127.0.0.1${headers.direct === undefined ? "/api/v1" : ""}${path}`;
  const sent = { ...headers, ...(!isRead && { "content-type": "application/json", "idempotency-key": `t-${++keys}` }) };
  delete (sent as { direct?: string }).direct;
  const body = isRead ? {} : { body: JSON.stringify(BODIES[what] ?? {}) };
  const service = headers.direct === undefined ? "s12" : id;
  const response = await gateway.sim.services.hosted
    .get(service)!
    .fetch(new Request(url, { method, headers: sent, ...body }));
  const type = response.headers.get("content-type") ?? "";
  const said = type.includes("json") ? ((await response.json()) as { code?: string }) : {};
  return { status: response.status, code: said.code };
}

/** Some at a time; each with what it is sent with. */
async function sendAll(
  asked: readonly Row[],
  headersOf: (row: Row) => Promise<Record<string, string>>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < asked.length; at += BATCH) {
    const batch = asked.slice(at, at + BATCH).map(async (row) => send(row, await headersOf(row)));
    answers.push(...(await gateway.running(Promise.all(batch))));
  }
  return answers;
}

const refusals = (asked: readonly Row[], answers: readonly Answer[]) =>
  asked.map(({ what }, at) => {
    const { status, code } = answers[at] as Answer;
    const isUnknown = status === 401 && code !== "BAD_CREDENTIALS";
    return `${what}: ${isUnknown ? "who are you" : status === 403 ? "no" : "yes"}`;
  });
const expected = (asked: readonly Row[], mayOf: (row: Row) => boolean) =>
  asked.map((row) => `${row.what}: ${mayOf(row) ? "yes" : "no"}`);

test("the table has every operation that there is, and no other", () => {
  const written = new Set(rows.map(({ what }) => what.replace(/ \(.*\)$/, "")));
  const present = declared.map(({ operation }) => operation);
  expect(present.filter((operation) => !written.has(operation))).toEqual([]);
  expect([...written].filter((operation) => !present.includes(operation))).toEqual([]);
});

describe.each(ROLES)("%s through the gateway", (role: Role) => {
  const forwarded = () => rows.filter(({ family }) => family.roles.length > 0);
  const ends = ({ what }: Row) => what === "POST /auth/logout";
  let token: string;
  let cookie: string;
  let key: string;
  let readKey: string;
  beforeAll(async () => {
    await gateway.join(`a-${role}`, role);
    const said = await gateway.login(`a-${role}`);
    [token, cookie] = [String(said.body.access_token), cookieOf(said)];
    const make = async (read_only: boolean) => {
      const body = { name: "program", role, read_only, expires_in_days: 1 };
      return String((await gateway.ask("POST /api-keys", token, body)).body.api_key);
    };
    [key, readKey] = [await make(false), await make(true)];
  });
  const isOurs = (row: Row) => row.family.roles.includes(role);

  test("by session: what the table says", async () => {
    const asked = forwarded().filter((row) => !ends(row));
    const sent = { cookie, "sec-fetch-site": "same-origin" };
    expect(refusals(asked, await sendAll(asked, async () => sent))).toEqual(expected(asked, isOurs));
    const another = { ...sent, cookie: cookieOf(await gateway.login(`a-${role}`)) };
    expect(await sendAll(forwarded().filter(ends), async () => another)).toMatchObject([{ status: 200 }]);
  });
  test("by access token: the same", async () => {
    const asked = forwarded().filter((row) => !ends(row));
    const sent = { authorization: `Bearer ${token}` };
    expect(refusals(asked, await sendAll(asked, async () => sent))).toEqual(expected(asked, isOurs));
    expect(await sendAll(forwarded().filter(ends), async () => sent)).toMatchObject([{ status: 200 }]);
  });
  test("by API key: all of that which no person must ask for", async () => {
    const asked = forwarded();
    const answers = await sendAll(asked, async () => ({ authorization: `Bearer ${key}` }));
    expect(refusals(asked, answers)).toEqual(expected(asked, (row) => isOurs(row) && !row.family.care));
  });
  test("by a key that may only read: of that what changes nothing", async () => {
    const asked = forwarded().filter(({ family }) => !family.open);
    const answers = await sendAll(asked, async () => ({ authorization: `Bearer ${readKey}` }));
    const mayRead = (row: Row) => isOurs(row) && !row.family.care && row.method === "GET";
    expect(refusals(asked, answers)).toEqual(expected(asked, mayRead));
  });
  test("by ./chimera token at the services' own ports: the same, without the second person that some things need", async () => {
    const asked = rows.filter(({ id }) => id !== "s12");
    const answers = await sendAll(asked, direct({ id: "terminal", role }));
    expect(refusals(asked, answers)).toEqual(expected(asked, isOurs));
  });
});

const direct = (who?: OnBehalf) => async (row: Row) => {
  const { world, clock } = gateway.sim;
  const token = await createTokens(world.serviceKey, clock).mint(who ? "cli" : "s12", row.id, who);
  return { direct: "yes", authorization: `Bearer ${token}` };
};

test("nobody, or a service at the gateway's own verbs: what is open, and no more", async () => {
  const closed = rows.filter(({ family }) => !family.open);
  const nobody = await sendAll(closed, async () => ({}));
  expect(nobody.filter(({ status }) => status !== 401)).toEqual([]);
  const own = closed.filter(({ id }) => id === "s12");
  const services = await sendAll(own, direct());
  expect(services.filter(({ status }) => status !== 401)).toEqual([]);
  const open = rows.filter(({ family }) => family.open);
  expect(refusals(open, await sendAll(open, async () => ({})))).toEqual(expected(open, () => true));
});

test("a service at another's port: everything, but what a person alone can do", async () => {
  const asked = rows.filter(({ id }) => id !== "s12");
  const answers = await sendAll(asked, direct());
  // Funds need a grant beside the token.
  const needsMore = (row: Row) => row.family.roles.length === 0;
  expect(refusals(asked, answers).filter((_said, at) => !needsMore(asked[at] as Row))).toEqual(
    expected(asked, () => true).filter((_said, at) => !needsMore(asked[at] as Row)),
  );
});

test("nobody at the services' own ports: the metrics, which tell no secrets", async () => {
  const asked = rows.filter(({ id }) => id !== "s12");
  const answers = await sendAll(asked, async () => ({ direct: "yes" }));
  expect(asked.filter((_row, at) => answers[at]?.status !== 401).map(({ what }) => what)).toEqual(["GET /metrics"]);
});

test("a sign-in of more than five minutes ago: all but what must be proved again", async () => {
  const token = await gateway.join("stale", "admin");
  await gateway.sim.advance(5 * 60_000);
  const asked = rows.filter(({ what, family }) => family.roles.includes("admin") && what !== "POST /auth/logout");
  const answers = await sendAll(asked, async () => ({ authorization: `Bearer ${token}` }));
  const mustConfirm = asked.filter((_row, at) => answers[at]?.code === "CONFIRM").map(({ what }) => what);
  expect(mustConfirm).toEqual(asked.filter(({ family }) => family.care === "fresh").map(({ what }) => what));
});

test("./chimera token is no second person", async () => {
  const { world, clock } = gateway.sim;
  const s10 = gateway.sim.services.hosted.get("s10")!;
  for (const role of ["risk", "admin"] as const) {
    const token = await gateway.running(
      createTokens(world.serviceKey, clock).mint("cli", "s10", { id: "terminal", role }),
    );
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": role };
    const send = async (path: string, asked?: object) => {
      const init = asked ? { method: "POST", headers, body: JSON.stringify(asked) } : { headers };
      const response = await gateway.running(s10.fetch(new Request(`http://127.0.0.1${path}`, init)));
      return (await response.json()) as { bundle: object };
    };
    const { bundle } = await send("/active");
    await send("/bundles", { ...bundle, rev: 9, rules: [] });
    const answer = await send("/promote", { bundle_id: "shipped", to_rev: 9, mode: "FULL" });
    expect(answer as object).toMatchObject({ code: "SECOND_PERSON" });
  }
});

/** What a browser would send back of a sign-in. */
const cookieOf = ({ headers }: { headers: Headers }): string =>
  (headers.get("set-cookie") ?? "").split(";")[0] as string;
