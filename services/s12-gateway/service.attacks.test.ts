import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { loadServices } from "../../ops/services.ts";
import { whileRunning } from "../../ops/sim/requests.ts";
import { openSimulation, type Simulation } from "../../ops/sim/simulate.ts";
import { AgentsMarket } from "../../ops/venue/agents.ts";
import { configActive, configBundles } from "../../shared/collections/config.ts";
import { killState } from "../../shared/collections/people.ts";
import { strategyPauses } from "../../shared/collections/signals.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { FAILURES } from "../../shared/errors.ts";
import { createTokens, type Tokens } from "../../shared/kit/auth.ts";
import { type Hosted, matches } from "../../shared/kit/host.ts";
import type { Collection, ServiceId } from "../../shared/kit/ports.ts";
import { rpcPath } from "../../shared/kit/rpc.ts";
import type { Role, Service } from "../../shared/kit/service.ts";
import {
  type Attack,
  BACKWARDS,
  bodyAttacks,
  type Document,
  fill,
  malformedAttacks,
  type Operation,
  operationsOf,
  readAttacks,
} from "./attack.fixture.ts";
import { PATIENT, signedInAs } from "./session.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

const API = "/api/v1";
const BATCH = 40;
const services = await loadServices();
const inner = services.filter((service) => service.id !== "s12");

let simulation: Simulation;
let tokens: Tokens;
const documents = new Map<ServiceId, Document>();

beforeAll(async () => {
  simulation = await openSimulation({
    seed: "attacks",
    market: async (clock, random) => new AgentsMarket({ clock, random, listings: defaultListings() }),
    env: { ...PATIENT, CHIMERA_ADMIN_PASSWORD: "correct-horse-1" },
    freeze: true,
  });
  tokens = createTokens(simulation.world.serviceKey, simulation.clock);
  await simulation.advance(5_000);
  for (const { id } of services) {
    const response = await running(hostedOf(id).fetch(new Request("http://127.0.0.1/openapi.json")));
    documents.set(id, (await response.json()) as Document);
  }
});
afterAll(async () => {
  await running(simulation.services.stop());
});

const hostedOf = (id: ServiceId): Hosted => simulation.services.hosted.get(id) as Hosted;
const running = <T>(work: Promise<T>): Promise<T> => whileRunning(simulation.clock, work);
const operations = (id: ServiceId): Operation[] => operationsOf(documents.get(id) as Document);

/** A signed-in person of that role; made anew each time, since one of the attacked verbs signs out. */
function sessionOf(role: Role): Promise<string> {
  return running(signedInAs(simulation, `attack-${role}`, role));
}

interface Answer {
  attack: Attack;
  status: number;
  type: string;
  text: string;
  headers: Headers;
}

/** Sends attacks at one service, some at a time; `token` goes along unless the attack has its own. */
async function sendAll(id: ServiceId, attacks: readonly Attack[], token: string | undefined): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; at < attacks.length; at += BATCH) {
    const sent = attacks.slice(at, at + BATCH).map(async (attack): Promise<Answer> => {
      const headers = {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(attack.init.headers as Record<string, string>),
      };
      const request = new Request(`http://127.0.0.1${attack.path}`, { ...attack.init, headers });
      const response = await hostedOf(id).fetch(request);
      const type = response.headers.get("content-type") ?? "";
      return { attack, status: response.status, type, text: await response.text(), headers: response.headers };
    });
    answers.push(...(await running(Promise.all(sent))));
  }
  return answers;
}

/** What is wrong with an answer to an attack: nothing, when it is a plain success or a proper problem. */
function fault({ attack, status, type, text, headers }: Answer): string[] {
  const said = `${attack.init.method ?? "GET"} ${attack.path.slice(0, 120)} (${attack.what}): ${status} ${text.slice(0, 200)}`;
  if (!headers.get("x-request-id")) return [`no request id: ${said}`];
  if (status < 400) return [];
  if (status >= 500 && status !== 503) return [said];
  if (type !== "application/problem+json") return [`${type}: ${said}`];
  const body = JSON.parse(text) as { code: string; status: number; trace_id?: string; detail?: string };
  const isKnown = Object.hasOwn(FAILURES, body.code) && body.status === status && (body.detail ?? "") !== "";
  const isTraced = /^[0-9a-f]{32}$/.test(body.trace_id ?? "") && body.trace_id === headers.get("x-request-id");
  return isKnown && isTraced && !/\bat .+\.ts:\d+|node_modules/.test(text) ? [] : [said];
}

const KEPT: readonly [ServiceId, Collection<unknown>][] = [
  ["s12", killState as Collection<unknown>],
  ["s10", configActive as Collection<unknown>],
  ["s10", configBundles as Collection<unknown>],
  ["s03", strategyPauses as Collection<unknown>],
];
/** What people decide on, and nothing else changes. */
async function decided(): Promise<string> {
  const pages = await Promise.all(KEPT.map(([id, kept]) => simulation.world.store(id).query(kept, { limit: 1_000 })));
  return canonicalHash(pages.map((page) => page.items.map(({ value, rev }) => ({ value, rev }))));
}

const serviceToken = (id: ServiceId) => running(tokens.mint("s12", id));
const personToken = (id: ServiceId, role: Role) => running(tokens.mint("s12", id, { id: "mallory", role }));

describe.each(inner.map((service): [string, Service] => [service.name, service]))(
  "%s at its own port",
  (_name, { id }) => {
    test("documents its paths, and asks everyone for a token first", async () => {
      expect(operations(id).length).toBeGreaterThan(0);
      const closed = operations(id).filter((operation) => !operation.open);
      expect(closed.length).toBeGreaterThan(0);
      const asked = closed.map(({ method, path }) => asking(method, fill(path, "FUT:BTCUSDT")));
      const elsewhere = await running(tokens.mint("s12", id === "s04" ? "s05" : "s04"));
      for (const token of [undefined, "a.b.c", "x".repeat(5_000), elsewhere]) {
        for (const answer of await sendAll(id, asked, token)) {
          expect(fault(answer)).toEqual([]);
          expect([answer.status, answer.type]).toEqual([401, "application/problem+json"]);
          expect(answer.text).toContain(token === undefined ? `./chimera token --service ${id}` : "service token");
        }
      }
    });

    test("answers every garbled read with a result or a proper problem", async () => {
      const reads = operations(id).filter((operation) => operation.method === "GET");
      const token = await serviceToken(id);
      const answers = await sendAll(id, reads.flatMap(readAttacks), token);
      expect(answers.flatMap(fault)).toEqual([]);
      const backwards = answers.filter((answer) => answer.attack.what === BACKWARDS);
      expect(backwards.map(({ status }) => status)).toEqual(backwards.map(() => 400));
    });

    test("refuses every malformed body, and changes nothing", async () => {
      const before = await decided();
      const changes = operations(id).filter((operation) => operation.method !== "GET");
      const answers = await sendAll(id, changes.flatMap(malformedAttacks), await serviceToken(id));
      expect(answers.flatMap(fault)).toEqual([]);
      expect(answers.filter((answer) => answer.status < 400).map((answer) => answer.attack)).toEqual([]);
      expect(await decided()).toBe(before);
    });

    test("answers garbage in any place of a body with a result or a proper problem", async () => {
      const changes = operations(id).filter((operation) => operation.method !== "GET");
      const attacks = changes.flatMap((operation) => bodyAttacks(operation, documents.get(id) as Document));
      const answers = await sendAll(id, attacks, await serviceToken(id));
      expect(answers.flatMap(fault)).toEqual([]);
    }, 300_000);

    test("takes no change from a viewer", async () => {
      const before = await decided();
      // Thinking aloud about a decision changes nothing, so anybody may.
      const changes = operations(id).filter(({ method, path }) => method !== "GET" && !path.startsWith("/decide"));
      const attacks = changes.flatMap((operation) =>
        bodyAttacks(operation, documents.get(id) as Document).slice(0, 30),
      );
      const answers = await sendAll(id, attacks, await personToken(id, "viewer"));
      expect([...new Set(answers.map((answer) => answer.status))]).toEqual(answers.length > 0 ? [403] : []);
      expect(await decided()).toBe(before);
    });

    test("takes RPC from services alone, within the same limits", async () => {
      const json = { "content-type": "application/json" };
      const paths = hostedOf(id).verbs.flatMap((verb) =>
        verb.rpc ? [rpcPath({ id, desc: verb.rpc.desc.parent, methods: {} }, verb.rpc)] : [],
      );
      const sent = (what: string, path: string, body: BodyInit, headers: Record<string, string> = json): Attack => ({
        what,
        path,
        init: { method: "POST", headers, body },
      });
      const attacks = paths.flatMap((path) => [
        ...["", "null", "[]", "1", "{", "[".repeat(10_000), '{"__proto__":1}', '{"account":{}}'].flatMap((text) => [
          sent(text.slice(0, 10), path, text),
          sent(`${text.slice(0, 10)} from a service`, path, text, { ...json, "chimera-caller": "s03" }),
        ]),
        sent("too large", path, `{"a":"${"x".repeat(1_100_000)}"}`),
        sent("too large in binary", path, new Uint8Array(1_100_000), { "content-type": "application/proto" }),
        sent("no protobuf", path, new Uint8Array([255, 255, 255]), { "content-type": "application/proto" }),
      ]);
      for (const answer of await sendAll(id, attacks, await serviceToken(id))) {
        expect([answer.attack, answer.status < 500]).toEqual([answer.attack, true]);
      }
      const refused = await sendAll(id, attacks, await personToken(id, "admin"));
      expect(refused.filter((answer) => answer.status < 400)).toEqual([]);
      const unknown = await sendAll(id, attacks, undefined);
      expect(unknown.filter((answer) => answer.status < 400)).toEqual([]);
    });
  },
);

describe("through the gateway", () => {
  const outside = () =>
    services.flatMap(({ id }) =>
      operations(id)
        .filter((operation) => !operation.serviceOnly)
        .map((operation) => ({ id, operation })),
    );
  const under = (attacks: readonly Attack[]): Attack[] =>
    attacks.map((attack) => ({ ...attack, path: API + attack.path }));

  test("nothing under the prefix answers without a sign-in, whoever one claims to be", async () => {
    const claims = { "x-user": "admin", "x-role": "admin", "x-forwarded-user": "admin", "chimera-caller": "s04" };
    const asked = outside()
      .filter(({ id, operation }) => !(id === "s12" && operation.open))
      .map(({ operation: { method, path } }) => asking(method, API + fill(path, "FUT:BTCUSDT"), claims));
    const forged = await running(tokens.mint("s12", "s12"));
    for (const token of [undefined, "x".repeat(43), forged, "../../admin"]) {
      const answers = await sendAll("s12", asked, token);
      expect(answers.flatMap(fault)).toEqual([]);
      expect([...new Set(answers.map((answer) => answer.status))]).toEqual([401]);
    }
  });

  test("service-only verbs are not there for anybody", async () => {
    const hidden = inner.flatMap(({ id }) => operations(id).filter((operation) => operation.serviceOnly));
    const asked = hidden.map(({ method, path }) => asking(method, API + fill(path, "attack")));
    const answers = await sendAll("s12", asked, await sessionOf("admin"));
    expect(answers.filter(({ status }) => status !== 404 && status !== 405)).toEqual([]);
  });

  test("garbled reads", async () => {
    const reads = outside().filter(({ operation }) => operation.method === "GET");
    const attacks = under(reads.flatMap(({ operation }) => readAttacks(operation)));
    const answers = await sendAll("s12", attacks, await sessionOf("viewer"));
    expect(answers.flatMap(fault)).toEqual([]);
  }, 300_000);

  test("malformed and garbage bodies", async () => {
    for (const { id, operation } of outside().filter((one) => one.operation.method !== "GET")) {
      const token = await sessionOf("admin");
      const before = await decided();
      const malformed = await sendAll("s12", under(malformedAttacks(operation)), token);
      expect(malformed.flatMap(fault)).toEqual([]);
      expect(malformed.filter((answer) => answer.status < 400).map((answer) => answer.attack)).toEqual([]);
      expect(await decided()).toBe(before);
      const attacks = under(bodyAttacks(operation, documents.get(id) as Document));
      expect((await sendAll("s12", attacks, await sessionOf("admin"))).flatMap(fault)).toEqual([]);
    }
  }, 300_000);

  test("a viewer changes nothing", async () => {
    const before = await decided();
    const changes = outside().filter(
      ({ operation: { method, path } }) => method !== "GET" && !/^\/(auth|api-keys|decide)/.test(path),
    );
    const attacks = changes.flatMap(({ id, operation }) =>
      under(bodyAttacks(operation, documents.get(id) as Document).slice(0, 30)),
    );
    const answers = await sendAll("s12", attacks, await sessionOf("viewer"));
    expect([...new Set(answers.map((answer) => answer.status))]).toEqual([403]);
    expect(await decided()).toBe(before);
  });

  test("a method that a path does not take is 405 and says which it takes", async () => {
    const all = outside().map(({ operation }) => operation);
    // A path can be another one's with a name filled in: `/features/recompute` and `/features/{instrument}`.
    const taking = (path: string) =>
      all.filter((operation) => matches(operation.path, path)).map(({ method }) => method);
    const paths = new Map(
      all.map(({ path }) => fill(path, "attack")).map((path) => [path, new Set<string>(taking(path))]),
    );
    const attacks = [...paths].flatMap(([path, taken]) =>
      ["PUT", "PATCH", "DELETE", "POST", "GET"]
        .filter((method) => !taken.has(method))
        .map((method) => asking(method, API + path)),
    );
    for (const answer of await sendAll("s12", attacks, await sessionOf("admin"))) {
      expect([answer.attack.path, answer.status]).toEqual([answer.attack.path, 405]);
      const allowed = (answer.headers.get("allow") ?? "").split(", ");
      expect(allowed).toEqual(expect.arrayContaining([...(paths.get(answer.attack.path.slice(API.length)) ?? [])]));
    }
  });
});

function asking(method: string, path: string, headers: Record<string, string> = {}): Attack {
  const hasBody = method !== "GET" && method !== "HEAD";
  const sent = { ...headers, ...(hasBody && { "content-type": "application/json", "idempotency-key": "attack" }) };
  return { what: "plain", path, init: { method, headers: sent, ...(hasBody && { body: "{}" }) } };
}
