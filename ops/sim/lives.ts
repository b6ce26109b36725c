/** Services on the virtual clock that can be killed one by one, at any step they take, and come back to life. */
import type { Method } from "../../shared/contracts.ts";
import { Problem } from "../../shared/errors.ts";
import { type Constellation, startOrder } from "../../shared/kit/constellation.ts";
import { type Hosted, hostService } from "../../shared/kit/host.ts";
import { instead } from "../../shared/kit/instead.ts";
import { type Mortal, mortal } from "../../shared/kit/mortal.ts";
import type { Bus, NetRequest, Op, ServiceId, Store, Stream } from "../../shared/kit/ports.ts";
import { createReaching, type Neighbour } from "../../shared/kit/reaching.ts";
import type { Service } from "../../shared/kit/service.ts";
import type { SimWorld } from "../../shared/testing/world.ts";

/** What a service is about to do at a port, or has just done. */
export type Step = { by: ServiceId; when: "before" | "after" } & (
  | { port: "commit"; ops: readonly Op[] }
  | { port: "publish"; stream: Stream; event: unknown }
  | { port: "fetch"; request: NetRequest }
  | { port: "call"; to: ServiceId; method: string; input: unknown }
);

export interface Lives extends Constellation {
  /** Called at every step; it may kill. */
  onStep: ((step: Step) => void) | undefined;
  /** In the middle of whatever they do; each is started anew `downMs` later, callees before callers. */
  kill(ids: readonly ServiceId[], downMs: number): void;
}

interface Life {
  hosted: Hosted;
  mortal: Mortal;
}

/** Another one each time: one for all would keep whatever ever waited for it. */
const never = () => new Promise<never>(() => {});

/** `failed` hears of a service that could not be started again. */
export async function createLives(
  services: readonly Service[],
  world: SimWorld,
  failed: (error: unknown) => void,
): Promise<Lives> {
  const order = startOrder(services);
  const living = new Map<ServiceId, Life>();
  const deaths = new Map<ServiceId, number>();
  const here = (id: ServiceId): Neighbour => neighbourOf(services, id, living.get(id));
  const { reach, peers, tokens } = createReaching(services, here, world);
  const tell = (step: Step) => lives.onStep?.(step);

  async function bear(id: ServiceId): Promise<Hosted> {
    const service = services.find((s) => s.id === id) as Service;
    const life = mortal(world);
    const isOver = () => living.get(id)?.mortal !== life;
    const around = <T>(step: StepAt, work: () => Promise<T>): Promise<T> => watched({ tell, isOver }, step, work);
    const call = reach();
    const seen = { ...life.world, ...ports(id, life.world, around) };
    // Known before it is set up, for its first steps to be its own.
    living.set(id, { mortal: life, hosted: undefined as unknown as Hosted });
    const hosted = await hostService(service, seen, {
      reach: (from, contract, method) => (input, options) =>
        around({ by: id, port: "call", to: contract.id, method: nameOf(method), input }, () =>
          life.alive(() => call(from, contract, method)(input, options)),
        ),
      peers: peers(id),
      tokens,
    });
    if (!isOver()) living.set(id, { mortal: life, hosted });
    return hosted;
  }

  /** Callees before callers. One that is killed meanwhile keeps no other from rising: its own next rise begins it. */
  async function rise(ids: readonly ServiceId[]): Promise<void> {
    const due = order.filter((id) => ids.includes(id)).map((id) => ({ id, death: deaths.get(id) }));
    for (const { id, death } of due) if (deaths.get(id) === death) await untilOver(id, bear(id));
    for (const { id, death } of due) {
      const life = living.get(id);
      if (life && deaths.get(id) === death) await untilOver(id, life.hosted.start());
    }
  }

  async function untilOver(id: ServiceId, work: Promise<unknown>): Promise<void> {
    const life = living.get(id)?.mortal;
    const isOver = () => living.get(id)?.mortal !== life;
    await life?.untilOver(work).catch((error) => (isOver() ? undefined : Promise.reject(error)));
  }

  const lives: Lives = {
    onStep: undefined,
    get hosted() {
      return new Map([...living].filter(([, life]) => life.hosted).map(([id, { hosted }]) => [id, hosted]));
    },
    start: () => rise(order),
    async stop() {
      for (const id of order.toReversed()) await living.get(id)?.hosted.stop();
    },
    async flush() {
      for (const { hosted } of living.values()) await hosted?.flush();
    },
    kill(ids, downMs) {
      for (const id of ids) {
        const life = living.get(id)?.mortal;
        living.delete(id);
        deaths.set(id, (deaths.get(id) ?? 0) + 1);
        life?.end();
      }
      world.clock.after(downMs, () => void rise(ids).catch(failed));
    },
  };
  return lives;
}

/** As others reach it: not at all while it is dead, and with no answer when it dies before it has given one. */
function neighbourOf(services: readonly Service[], id: ServiceId, life: Life | undefined): Neighbour {
  const service = services.find((s) => s.id === id) as Service;
  const { hosted, mortal: mine } = life ?? {};
  if (!hosted || !mine) {
    const gone = () => Promise.reject(new Problem("UNAVAILABLE", `${id} cannot be reached.`, { retryAfterMs: 1_000 }));
    return { service, call: gone, fetch: gone };
  }
  return {
    service,
    call: (...asked) => mine.untilAnswered(() => hosted.call(...asked)),
    fetch: (request) => mine.untilAnswered(() => hosted.fetch(request)),
  };
}

type StepAt = Step extends infer S ? (S extends Step ? Omit<S, "when"> : never) : never;

async function watched<T>(
  { tell, isOver }: { tell(step: Step): void; isOver(): boolean },
  step: StepAt,
  work: () => Promise<T>,
): Promise<T> {
  tell({ ...step, when: "before" } as Step);
  if (isOver()) return never();
  try {
    return await work();
  } finally {
    if (!isOver()) tell({ ...step, when: "after" } as Step);
    if (isOver()) await never();
  }
}

type Around = <T>(step: StepAt, work: () => Promise<T>) => Promise<T>;

/** The ports at which steps are watched; the others are the life's own. */
function ports(by: ServiceId, life: Mortal["world"], around: Around): Partial<Mortal["world"]> {
  const { bus, net } = life;
  return {
    store(owner) {
      const store = life.store(owner);
      const commit: Store["commit"] = (ops, options) =>
        around({ by, port: "commit", ops }, () => store.commit(ops, options));
      return instead(store, { commit });
    },
    bus: instead(bus, {
      publish: ((stream: Stream, event: unknown, options?: object) => {
        if (stream.mode === "lossy") return bus.publish(stream, event, options);
        return around({ by, port: "publish", stream, event }, () => bus.publish(stream, event, options));
      }) as Bus["publish"],
    }),
    net: {
      connect: (url, events) => net.connect(url, events),
      fetch: (request) => around({ by, port: "fetch", request }, () => net.fetch(request)),
    },
  };
}

const nameOf = (method: Method): string => method.desc.localName;
