/** Hosts many services in one process: calls between them are function calls, everything else is as between processes. */
import { type Contract, config as configContract, type Method } from "../contracts.ts";
import { assert, Problem, refuse } from "../errors.ts";
import { createTokens } from "./auth.ts";
import { createGuard, type Guard } from "./call-guard.ts";
import type { Reach } from "./context.ts";
import { type Hosted, hostService } from "./host.ts";
import type { Clock, Message, ServiceId, Stream } from "./ports.ts";
import { CALL_MS_MAX, callRemote } from "./rpc.ts";
import type { CallOptions, Peers, Principal, Service } from "./service.ts";
import { currentTrace } from "./trace.ts";
import type { World } from "./world.ts";

export interface Constellation {
  readonly hosted: ReadonlyMap<ServiceId, Hosted>;
  start(): Promise<void>;
  /** Stops callers before those they call. */
  stop(): Promise<void>;
  flush(): Promise<void>;
}

/** `all` is every declared service; those in `here` run in this process, the rest are reached by URL. */
export async function constellation(
  all: readonly Service[],
  here: readonly ServiceId[],
  world: World,
): Promise<Constellation> {
  const hosted = new Map<ServiceId, Hosted>();
  const tokens = createTokens(world.serviceKey, world.clock);
  const calls = new Map<string, { from: ServiceId; to: ServiceId; count: number }>();

  function count(from: ServiceId, to: ServiceId): void {
    const slot = `${from}>${to}`;
    const kept = calls.get(slot);
    if (kept) kept.count++;
    else calls.set(slot, { from, to, count: 1 });
  }
  const guards = new Map<ServiceId, Guard>();
  function guardOf(callee: ServiceId): Guard {
    const kept = guards.get(callee) ?? createGuard(callee, world.clock, world.random);
    guards.set(callee, kept);
    return kept;
  }
  const reach: Reach = (from, contract, method) => async (input, options) => {
    count(from.id, contract.id);
    const neighbour = hosted.get(contract.id);
    if (neighbour) return callNeighbour(neighbour, method, { input, options, from, clock: world.clock });
    const url = urlOf(contract.id, all, world);
    const token = () => tokens.mint(from.id, contract.id);
    const remote = { url, net: world.net, clock: world.clock, caller: from.id, token };
    const guard = guardOf(contract.id);
    const deadline = world.clock.mono() + Math.min(options.timeoutMs ?? CALL_MS_MAX, CALL_MS_MAX);
    const call = () => {
      const timeoutMs = Math.max(1, Math.ceil(deadline - world.clock.mono()));
      return callRemote(remote, [contract, method], [input, { ...options, timeoutMs }]);
    };
    return method.urgent ? call() : guard.run(call, method.idempotent, deadline);
  };
  const peersOf = (from: ServiceId) => createPeers({ from, all, hosted, world, tokens, calls, count });

  for (const id of startOrder(all).filter((id) => here.includes(id))) {
    const service = all.find((s) => s.id === id) as Service;
    hosted.set(id, await hostService(service, world, { reach, peers: peersOf(id), tokens }));
  }
  return {
    hosted,
    async start() {
      for (const each of hosted.values()) await each.start();
    },
    async stop() {
      const failures: unknown[] = [];
      // One that cannot stop in order keeps nobody else from it.
      for (const each of [...hosted.values()].reverse()) await each.stop().catch((error) => failures.push(error));
      if (failures.length > 0) throw failures[0];
    },
    async flush() {
      for (const each of hosted.values()) await each.flush();
    },
  };
}

async function callNeighbour(
  neighbour: Hosted,
  method: Method,
  { input, options, from, clock }: { input: unknown; options: CallOptions; from: Service; clock: Clock },
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
    return await Promise.race([neighbour.call(method, input, principal), late]);
  } finally {
    cancel();
  }
}

/** Callees before callers; the config service, which all ask, first. */
export function startOrder(all: readonly Service[]): ServiceId[] {
  const order: ServiceId[] = [];
  const visiting = new Set<ServiceId>();
  const visit = (id: ServiceId): void => {
    const service = all.find((s) => s.id === id);
    if (!service || order.includes(id)) return;
    assert(!visiting.has(id), `services call each other in a circle at ${id}`);
    visiting.add(id);
    if (service.usesConfig) visit(configContract.id);
    for (const contract of Object.values(service.calls) as Contract[]) visit(contract.id);
    order.push(id);
  };
  for (const service of all) visit(service.id);
  return order;
}

const urlOf = (id: ServiceId, all: readonly Service[], world: World): string =>
  world.env[`CHIMERA_URL_${id.toUpperCase()}`] ?? `http://127.0.0.1:${all.find((s) => s.id === id)?.port}`;

interface PeerParts {
  from: ServiceId;
  all: readonly Service[];
  hosted: ReadonlyMap<ServiceId, Hosted>;
  world: World;
  tokens: ReturnType<typeof createTokens>;
  calls: ReadonlyMap<string, { from: ServiceId; to: ServiceId; count: number }>;
  count(from: ServiceId, to: ServiceId): void;
}

function createPeers({ from, all, hosted, world, tokens, calls, count }: PeerParts): Peers {
  return {
    services: all.map(({ id, name, title, port }) => ({ id, name, title, port })),
    async fetch(id, request, principal) {
      count(from, id);
      const person = principal.kind === "person" ? { id: principal.id, role: principal.role } : undefined;
      const token = await tokens.mint(from, id, person);
      const headers = new Headers(request.headers);
      headers.set("authorization", `Bearer ${token}`);
      headers.delete("cookie");
      const trace = currentTrace();
      if (trace !== undefined) headers.set("traceparent", trace);
      const passed = new Request(request, { headers });
      const neighbour = hosted.get(id);
      if (neighbour) return neighbour.fetch(passed);
      return overNet(passed, urlOf(id, all, world), world);
    },
    observed: () => [...calls.values()].map((call) => ({ ...call })),
    streams: () => world.bus.state(),
    listen<E>(stream: Stream<E>, hear: (message: Message<E>) => void) {
      // A group of its own, so that listening neither takes from nor waits for anybody.
      const group = `${from}-live-${world.replica}`;
      const subscription = world.bus.subscribe(stream, { group, consumer: world.replica, handle: hear });
      return () => void subscription.stop();
    },
  };
}

async function overNet(request: Request, base: string, world: World): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  try {
    const response = await world.net.fetch({
      method: request.method,
      url: base + pathname + search,
      headers: Object.fromEntries(request.headers),
      ...(request.method !== "GET" && { body: await request.text() }),
      timeoutMs: CALL_MS_MAX,
    });
    return new Response(response.body, { status: response.status, headers: response.headers });
  } catch (cause) {
    return refuse("UNAVAILABLE", `${base} cannot be reached.`, { cause, retryAfterMs: 1_000 });
  }
}
