import { expect, test } from "bun:test";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Peers, Principal } from "../../shared/kit/service.ts";
import { createStates } from "./states.ts";
import type { ServiceState } from "./types.ts";

const PRINCIPAL: Principal = { kind: "service", id: "s12", role: "viewer" };
const OK = { status: "OK", ready: true, config_rev: 3, uptime_ms: 1_000, checks: [] };
type Answer = object | "nothing" | "hangs";

/** The state of s04, whose replicas answer so. */
async function stateOf(...answers: Answer[]): Promise<ServiceState> {
  const clock = new VirtualClock(0);
  const fetch = (_id: ServiceId, _request: Request, principal: Principal, replica = -1): Promise<Response> => {
    expect(principal).toEqual(PRINCIPAL);
    const answer = answers[replica];
    if (answer === "hangs") return new Promise(() => {});
    return Promise.resolve(answer === "nothing" ? new Response("", { status: 503 }) : Response.json(answer));
  };
  const services = [{ id: "s04" as const, name: "s04-router", title: "Order Router", port: 8084 }];
  const peers = { services, replicas: () => answers.length, fetch } as unknown as Peers;
  let items: ServiceState[] | undefined;
  createStates(peers, clock, "s12")().then((told) => {
    items = told;
  });
  await clock.run(() => items !== undefined);
  return items?.[0] as ServiceState;
}
const holding = (shards: number[], shard_count = 4, more: object = {}) => ({ ...OK, shards, shard_count, ...more });
const rolesOf = (state: ServiceState) => state.replicas.map((replica) => replica.role);

test("a service in one process with the others is one replica, alone, without shards", async () => {
  const state = await stateOf(OK);
  expect(state).toMatchObject({ status: "OK", ready: true, config_rev: 3, shards_free: [] });
  expect(state.shard_count).toBeUndefined();
  expect(state.replicas).toEqual([{ replica: 1, role: "alone", shards: [], ...OK } as never]);
});

test("replicas that share shards each say which; one without any stands by", async () => {
  const state = await stateOf(holding([0, 1]), holding([2, 3]), holding([], 4, { config_rev: 0 }));
  expect(state).toMatchObject({ status: "OK", ready: true, shard_count: 4, shards_free: [], config_rev: 3 });
  expect(rolesOf(state)).toEqual(["shares", "shares", "stands_by"]);
  expect(state.replicas.map((replica) => replica.shards)).toEqual([[0, 1], [2, 3], []]);
});

test("of a whole service one leads, the other stands by; a single process is alone", async () => {
  expect(rolesOf(await stateOf(holding([], 1), holding([0], 1)))).toEqual(["stands_by", "leads"]);
  expect(rolesOf(await stateOf(holding([0], 1)))).toEqual(["alone"]);
});

for (const away of ["nothing", "hangs"] as const) {
  test(`a replica that ${away === "hangs" ? "hangs" : "answers nothing"} leaves its shards free until another takes them`, async () => {
    const state = await stateOf(holding([0, 1]), away);
    expect(state).toMatchObject({ status: "ERROR", ready: false, shards_free: [2, 3] });
    expect(state.replicas[1]).toMatchObject({ replica: 2, status: "DOWN", ready: false, shards: [] });
    expect(state.replicas[1]?.role).toBeUndefined();
    expect(state.checks).toMatchObject([{ name: "replica 2: answers", status: "FAILED" }]);
    const taken = await stateOf(holding([0, 1, 2, 3]), away);
    expect(taken).toMatchObject({ status: "DEGRADED", ready: true, shards_free: [] });
  });
}

test("a shard whose holder is not ready makes the service not ready; nobody answering makes it down", async () => {
  const bus = { name: "bus (shard 2)", critical: false, status: "FAILED", error: "the bus is away" };
  const state = await stateOf(holding([0, 1]), holding([2, 3], 4, { status: "DEGRADED", ready: false, checks: [bus] }));
  expect(state).toMatchObject({ status: "DEGRADED", ready: false, shards_free: [] });
  expect(state.checks).toEqual([{ ...bus, name: "replica 2: bus (shard 2)" }]);
  const down = await stateOf("nothing", "nothing");
  expect(down).toMatchObject({ status: "DOWN", ready: false, config_rev: 0, shards_free: [] });
});
