/** How services reach each other: a function call within the process, HTTP to another, each guarded and counted. */
import type { Method } from "../contracts.ts";
import { Problem, refuse } from "../errors.ts";
import { type Addresses, createAddresses } from "./addresses.ts";
import { createTokens, type Tokens } from "./auth.ts";
import { createGuard, type Guard, untilOwned } from "./call-guard.ts";
import { type Claim, claimText, LEASE_HEADER } from "./fences.ts";
import type { Hosted } from "./host.ts";
import { type Clock, NetError, type ServiceId } from "./ports.ts";
import type { Reach } from "./reach.ts";
import { CALL_MS_MAX, callRemote } from "./rpc.ts";
import type { CallOptions, Principal, ReachedPeers, Service } from "./service.ts";
import { currentTrace } from "./trace.ts";
import type { World } from "./world.ts";

/** What of a service in this process its neighbours need. */
export type Neighbour = Pick<Hosted, "service" | "call" | "fetch">;

export interface Reaching {
  /** Calls made by a lease carry it. */
  reach(lease?: Claim): Reach;
  peers(from: ServiceId): ReachedPeers;
  readonly tokens: Tokens;
}

/** `all` is every declared service; `here` finds those in this process, the rest are reached by their addresses. */
export function createReaching(
  all: readonly Service[],
  here: (id: ServiceId) => Neighbour | undefined,
  world: World,
): Reaching {
  const tokens = createTokens(world.serviceKey, world.clock);
  const calls = new Map<string, { from: ServiceId; to: ServiceId; count: number }>();
  const guards = new Map<ServiceId, Guard>();
  const places = new Map<ServiceId, Addresses>();

  function count(from: ServiceId, to: ServiceId): void {
    const slot = `${from}>${to}`;
    const kept = calls.get(slot);
    if (kept) kept.count++;
    else calls.set(slot, { from, to, count: 1 });
  }
  function guardOf(callee: ServiceId): Guard {
    const kept = guards.get(callee) ?? createGuard(callee, world.clock, world.random);
    guards.set(callee, kept);
    return kept;
  }
  function addressesOf(id: ServiceId): Addresses {
    const kept = places.get(id) ?? createAddresses(urlsOf(id, all, world), world);
    places.set(id, kept);
    return kept;
  }

  const reach =
    (lease?: Claim): Reach =>
    (from, contract, method) =>
    async (input, options) => {
      count(from.id, contract.id);
      const neighbour = here(contract.id);
      if (neighbour) return callNeighbour(neighbour, method, { input, options, from, clock: world.clock, lease });
      const { clock, net } = world;
      const token = () => tokens.mint(from.id, contract.id);
      const headers = lease && { [LEASE_HEADER]: claimText(lease) };
      const deadline = clock.mono() + Math.min(options.timeoutMs ?? CALL_MS_MAX, CALL_MS_MAX);
      const call = () =>
        addressesOf(contract.id).ask((url) => {
          const timeoutMs = Math.max(1, Math.ceil(deadline - clock.mono()));
          const remote = { url, net, clock, caller: from.id, token, ...(headers && { headers }) };
          return callRemote(remote, [contract, method], [input, { ...options, timeoutMs }]);
        });
      const owned = () => (method.idempotent ? untilOwned(call, clock, deadline) : call());
      return method.urgent ? owned() : guardOf(contract.id).run(owned, method.idempotent, deadline);
    };
  const peers = (from: ServiceId) => createPeers({ from, all, here, world, tokens, calls, count, addressesOf });
  return { reach, peers, tokens };
}

interface ByFunction {
  input: unknown;
  options: CallOptions;
  from: Service;
  clock: Clock;
  lease: Claim | undefined;
}

async function callNeighbour(
  neighbour: Neighbour,
  method: Method,
  { input, options, from, clock, lease }: ByFunction,
): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? CALL_MS_MAX;
  const principal: Principal = { kind: "service", id: from.id, role: "admin" };
  let cancel = () => {};
  const late = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(timeoutMs, () =>
      reject(new Problem("TIMEOUT", `${neighbour.service.id} did not answer within ${timeoutMs} ms.`)),
    );
  });
  try {
    return await Promise.race([neighbour.call(method, input, principal, lease), late]);
  } finally {
    cancel();
  }
}

const urlsOf = (id: ServiceId, all: readonly Service[], world: World): string =>
  world.env[`CHIMERA_URL_${id.toUpperCase()}`] ?? `http://127.0.0.1:${all.find((s) => s.id === id)?.port}`;

interface PeerParts {
  from: ServiceId;
  all: readonly Service[];
  here(id: ServiceId): Neighbour | undefined;
  world: World;
  tokens: Tokens;
  calls: ReadonlyMap<string, { from: ServiceId; to: ServiceId; count: number }>;
  count(from: ServiceId, to: ServiceId): void;
  addressesOf(id: ServiceId): Addresses;
}

function createPeers({ from, all, here, world, tokens, calls, count, addressesOf }: PeerParts): ReachedPeers {
  return {
    services: all.map(({ id, name, title, port }) => ({ id, name, title, port })),
    replicas: (id) => (here(id) ? 1 : addressesOf(id).all.length),
    async fetch(id, request, principal, replica) {
      count(from, id);
      const { kind, ...onBehalf } = principal;
      const token = await tokens.mint(from, id, kind === "person" ? onBehalf : undefined);
      const headers = new Headers(request.headers);
      headers.set("authorization", `Bearer ${token}`);
      headers.delete("cookie");
      const trace = currentTrace();
      if (trace !== undefined) headers.set("traceparent", trace);
      const passed = new Request(request, { headers });
      const neighbour = here(id);
      if (neighbour) return neighbour.fetch(passed);
      const addresses = addressesOf(id);
      const only = replica === undefined ? undefined : addresses.all[replica];
      const name = all.find((service) => service.id === id)?.name ?? id;
      return overNet(passed, [name, only === undefined ? addresses : createAddresses(only)], world);
    },
    observed: () => [...calls.values()].map((call) => ({ ...call })),
    streams: () => world.bus.state(),
  };
}

async function overNet(request: Request, [name, addresses]: [string, Addresses], world: World): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const body = request.method === "GET" ? undefined : await request.text();
  const send = (base: string) =>
    world.net.fetch({
      method: request.method,
      url: base + pathname + search,
      headers: Object.fromEntries(request.headers),
      ...(body !== undefined && { body }),
      timeoutMs: CALL_MS_MAX,
    });
  try {
    const response = await addresses.ask(send);
    return new Response(response.body, { status: response.status, headers: response.headers });
  } catch (cause) {
    if (cause instanceof NetError && cause.kind === "unknown") {
      throw new Problem("TIMEOUT", `${name} did not answer (${cause.message}); it may have been done.`, { cause });
    }
    const where = addresses.all.join(" or ");
    return refuse("UNAVAILABLE", `${name} cannot be reached at ${where}.`, { cause, retryAfterMs: 1_000 });
  }
}
