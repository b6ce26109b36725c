import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { whileRunning } from "../../ops/sim/requests.ts";
import type { AuditEntry } from "../../shared/collections/audit.ts";
import { auditLog } from "../../shared/collections/people.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import { proveAudit } from "./audit-proof.ts";
import { type Gateway, openGateway, PASSWORD } from "./people.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(30_000);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway("audit from");
});
afterAll(async () => {
  await gateway.stop();
});

/** Asked from an address, as a socket would say it; answers the trace it is audited under. */
async function askFrom(from: string, asked: string, token: string | undefined, body: object = {}): Promise<string> {
  const [method, path] = asked.split(" ") as [string, string];
  const headers = {
    "content-type": "application/json",
    "idempotency-key": `${asked} ${from}`,
    "x-forwarded-for": "6.6.6.6",
    "chimera-from": "6.6.6.6",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const request = new Request(`http://127.0.0.1:8092${path}`, { method, headers, body: JSON.stringify(body) });
  const hosted = gateway.sim.services.hosted.get("s12")!;
  const response = await whileRunning(
    gateway.sim.clock,
    hosted.fetch(arrive(request, { from, isTls: true, origin: undefined })),
  );
  await response.text();
  await gateway.sim.advance(3_000);
  return response.headers.get("x-request-id") as string;
}
async function entries(): Promise<AuditEntry[]> {
  const page = await gateway.store.query(auditLog, { sort: { field: "seq", order: "asc" }, limit: 1_000 });
  return page.items.map((row) => row.value);
}

/** Of every owner that made one in that request: what, and where the person was. */
const madeIn = async (trace: string) =>
  (await entries()).filter((entry) => entry.trace_id === trace).map(({ owner, what, from }) => [owner, what, from]);

test("an entry says where a person was: at the sign-in, also one that is refused, whatever their request claims", async () => {
  await gateway.join("ada", "admin");
  const refused = await askFrom("203.0.113.5", "POST /auth/login", undefined, { username: "ada", password: "wrong" });
  expect(await madeIn(refused)).toEqual([["s12", "login", "203.0.113.5"]]);
  const given = { username: "ada", password: PASSWORD };
  const let_in = await askFrom("2001:db8::5", "POST /auth/login", undefined, given);
  expect(await madeIn(let_in)).toEqual([["s12", "login", "2001:db8::5"]]);
});

test("in what is forwarded to others, and in what those call for it", async () => {
  const token = await gateway.join("bob", "admin");
  const flatten = { instruments: ["FUT:BTCUSDT"], reason: "none is open" };
  const flattened = await askFrom("203.0.113.6", "POST /api/v1/positions/flatten", token, flatten);
  expect(await madeIn(flattened)).toEqual([["s06", "position.flatten", "203.0.113.6"]]);

  const active = await gateway.ask("GET /api/v1/active", token);
  const { bundle } = active.body as { bundle: { rev: number } };
  const draft = { ...bundle, rev: bundle.rev + 1 };
  const drafted = await askFrom("203.0.113.7", "POST /api/v1/bundles", token, draft);
  expect(await madeIn(drafted)).toEqual([["s10", "bundle.draft", "203.0.113.7"]]);

  const killed = await askFrom("203.0.113.8", "POST /kill-switch", token, { enable: true, reason: "where from" });
  expect(await madeIn(killed)).toEqual([
    ["s12", "kill-switch", "203.0.113.8"],
    ["s04", "kill switch on", "203.0.113.8"],
  ]);
});

test("and nobody was anywhere in what the system does by itself", async () => {
  const own = (await entries()).filter(({ trace_id }) => trace_id === undefined);
  expect(own.map(({ owner }) => owner)).toContain("s05");
  expect(own.filter(({ from }) => from !== undefined)).toEqual([]);
});

test("what a second person allowed says where who asked was, and its approval where who allowed it was", async () => {
  const two = await openGateway("audit from two", { CHIMERA_APPROVALS: "two" });
  const alone = gateway;
  gateway = two;
  try {
    const [ann, ben] = [await two.join("ann", "admin"), await two.join("ben", "admin")];
    await askFrom("203.0.113.1", "POST /kill-switch", ann, { enable: true, reason: "two" });
    await askFrom("203.0.113.2", "POST /kill-switch", ann, { enable: false, reason: "over" });
    const waiting = (await two.ask("GET /approvals", ben)).body.items as {
      approval_id: string;
      requested_from: string;
    }[];
    expect(waiting.map(({ requested_from }) => requested_from)).toEqual(["203.0.113.2"]);
    const allowed = await askFrom("203.0.113.3", `POST /approvals/${waiting[0]!.approval_id}/approve`, ben, {});
    const made = (await entries()).filter(({ trace_id, actor }) => trace_id === allowed && actor !== "s12");
    expect(made.map(({ actor, what, from }) => [actor, what, from])).toEqual([
      ["ben", "approval.kill_off", "203.0.113.3"],
      ["ann", "kill-switch", "203.0.113.2"],
      ["ann", "kill switch off", "203.0.113.2"],
    ]);
  } finally {
    gateway = alone;
    await two.stop();
  }
});

test("the chain holds over it", async () => {
  const proof = await proveAudit(gateway.store, gateway.sim.world.blobs, () => new Map());
  expect(proof).toMatchObject({ ok: true, faults: [] });
  expect(proof.entries).toBeGreaterThan(8);
});
