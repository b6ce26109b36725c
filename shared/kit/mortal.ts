/** A world that can end at once, as a process ends by `kill -9`: what is stored stays, everything in memory stops. */
import { Problem } from "../errors.ts";
import type { Bus, Clock, Journal, Net, ServiceId, Socket, Store } from "./ports.ts";
import type { Crew, Workers } from "./workers.ts";
import type { World } from "./world.ts";

export interface Mortal {
  world: World;
  /** From here on nothing of this life does anything: no timer fires, no call leaves, none that left is answered. */
  end(): void;
  /** The same for a call that is made through no port. */
  alive<T>(work: () => T): T;
  /** For those outside who wait: fails with NOT_OWNER when it is over before `work` is. */
  untilOver<T>(work: Promise<T>): Promise<T>;
  /** For those who ask: NOT_OWNER when it is over already; TIMEOUT when it is over before the answer: it may be done. */
  untilAnswered<T>(ask: () => Promise<T>): Promise<T>;
}

/** Another one each time: one for all would keep whatever ever waited for it. */
const never = () => new Promise<never>(() => {});

/** One life in a world whose stores, bus and clock outlive it. What had left for elsewhere still arrives there. */
export function mortal(lasting: World): Mortal {
  const life: Life = { over: false, endings: new Set() };
  /** While this life lasts; afterwards whoever waits for it waits for ever. */
  const alive = <T>(work: () => T): T => {
    if (life.over) return never() as T;
    const answer = work();
    if (!(answer instanceof Promise)) return answer;
    return answer.then(
      (value) => (life.over ? never() : value),
      (error) => (life.over ? never() : Promise.reject(error)),
    ) as T;
  };
  const world: World = {
    ...lasting,
    clock: clockOf(lasting.clock, life, alive),
    net: netOf(lasting.net, life, alive),
    outside: passed(lasting.outside, alive),
    bus: busOf(lasting.bus, life, alive),
    store(owner) {
      const store: Store = lasting.store(owner);
      const { onCommit } = store.outbox;
      return passed(store, alive, { outbox: passed(store.outbox, alive, { onCommit }) });
    },
    ...(lasting.journal && { journal: (owner: ServiceId) => passed(lasting.journal?.(owner) as Journal, alive) }),
    blobs: passed(lasting.blobs, alive),
    cache: passed(lasting.cache, alive),
    lock: passed(lasting.lock, alive),
    quota: passed(lasting.quota, alive),
    schedule: passed(lasting.schedule, alive),
    workers: workersOf(lasting.workers, life, alive),
  };
  return {
    world,
    end() {
      life.over = true;
      for (const end of life.endings) end();
      life.endings.clear();
    },
    alive,
    untilOver: (work) => untilOver(life, work),
    untilAnswered: (ask) => (life.over ? untilOver(life, never()) : untilOver(life, ask(), maybeDone)),
  };
}

interface Life {
  over: boolean;
  endings: Set<() => void>;
}
type Alive = <T>(work: () => T) => T;

/** A port as this life sees it: its methods, and `own` ones in their place. */
function passed<P extends object>(port: P, alive: Alive, own: Partial<P> = {}): P {
  return new Proxy(port, {
    get(target, name) {
      if (name in own) return own[name as keyof P];
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => alive(() => (value as (...args: unknown[]) => unknown).apply(target, args));
    },
  });
}

function busOf(bus: Bus, life: Life, alive: Alive): Bus {
  return passed<Bus>(bus, alive, {
    subscribe(stream, listen) {
      // What is in hand when it is over has failed, so that the bus waits for nobody.
      const handle = (message: never) => {
        const work = listen.handle(message);
        return work instanceof Promise ? untilOver(life, work) : work;
      };
      const subscription = bus.subscribe(stream, { ...listen, handle });
      // Where a listener can be dropped, nobody waits for the message that it has in hand.
      const { drop } = subscription as { drop?(): void };
      life.endings.add(drop ?? (() => void subscription.stop().catch(() => {})));
      return subscription;
    },
    onLoss(run) {
      const cancel = bus.onLoss((epoch) => {
        if (!life.over) run(epoch);
      });
      life.endings.add(cancel);
      return cancel;
    },
    trouble: () => bus.trouble(),
  });
}

const passedOn = () => new Problem("NOT_OWNER", "It was passed on meanwhile; ask again.", { retryAfterMs: 1_000 });
const maybeDone = () => new Problem("TIMEOUT", "It was passed on before there was an answer; it may have been done.");

function untilOver<T>(life: Life, work: Promise<T>, failure = passedOn): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = () => reject(failure());
    if (life.over) return cut();
    life.endings.add(cut);
    work.then(resolve, reject).finally(() => life.endings.delete(cut));
  });
}

function clockOf(clock: Clock, life: Life, alive: Alive): Clock {
  const living = (run: () => unknown) => () => (life.over ? undefined : run());
  return {
    now: () => clock.now(),
    mono: () => clock.mono(),
    after: (ms, run, order) => clock.after(ms, living(run), order),
    every: (ms, run) => clock.every(ms, living(run)),
    sleep: (ms, signal) => alive(() => clock.sleep(ms, signal)),
    hold: (work) => alive(() => clock.hold(work)),
  };
}

function netOf(net: Net, life: Life, alive: Alive): Net {
  return {
    fetch: (request) => alive(() => net.fetch(request)),
    connect(url, events): Socket {
      const living =
        <A extends unknown[]>(hear: (...args: A) => void) =>
        (...args: A) => {
          if (!life.over) hear(...args);
        };
      const hearClose = living((reason: string) => events.close(reason));
      const end = () => socket.close();
      let isClosed = false;
      const socket: Socket = net.connect(url, {
        open: living(() => events.open()),
        message: living((text: string) => events.message(text)),
        close(reason) {
          isClosed = true;
          life.endings.delete(end);
          hearClose(reason);
        },
      });
      if (!isClosed) life.endings.add(end);
      return socket;
    },
  };
}

/** Threads of a life that is over are ended: nobody else would. */
function workersOf(workers: Workers, life: Life, alive: Alive): Workers {
  return {
    cores: workers.cores,
    open<G, I, O>(...asked: Parameters<typeof workers.open<G, I, O>>): Crew<I, O> {
      const crew = workers.open<G, I, O>(...asked);
      const end = () => void crew.close().catch(() => {});
      life.endings.add(end);
      return {
        size: crew.size,
        run: (input, call) => alive(() => crew.run(input, call)),
        close: () => {
          life.endings.delete(end);
          return crew.close();
        },
      };
    },
  };
}
