/** A world that can end at once, as a process ends by `kill -9`: what is stored stays, everything in memory stops. */
import type { Clock, Net, Socket, Store } from "../../shared/kit/ports.ts";
import type { World } from "../../shared/kit/world.ts";
import type { SimWorld } from "../../shared/testing/world.ts";

export interface Mortal {
  world: World;
  /** From here on nothing of this life does anything: no timer fires, no call leaves, none that left is answered. */
  end(): void;
}

const NEVER = new Promise<never>(() => {});

/** One life in a world whose stores, bus and clock outlive it. What had left for the venue still arrives there. */
export function mortal(lasting: SimWorld): Mortal {
  const life: Life = { over: false };
  const endings: (() => void)[] = [];
  /** While this life lasts; afterwards whoever waits for it waits for ever. */
  const alive = <T>(work: () => Promise<T>): Promise<T> => {
    if (life.over) return NEVER;
    return work().then(
      (value) => (life.over ? NEVER : value),
      (error) => (life.over ? NEVER : Promise.reject(error)),
    );
  };
  const world: World = {
    ...lasting,
    clock: clockOf(lasting.clock, life, alive),
    net: netOf(lasting.net, { life, alive, endings }),
    bus: passed<World["bus"]>(lasting.bus, alive, {
      subscribe(stream, listen) {
        const subscription = lasting.bus.subscribe(stream, listen);
        endings.push(() => subscription.drop());
        return subscription;
      },
    }),
    store(owner) {
      const store: Store = lasting.store(owner);
      const { onCommit } = store.outbox;
      return passed(store, alive, { outbox: passed(store.outbox, alive, { onCommit }) });
    },
    blobs: passed(lasting.blobs, alive),
    lock: passed(lasting.lock, alive),
    quota: passed(lasting.quota, alive),
    schedule: passed(lasting.schedule, alive),
  };
  return {
    world,
    end() {
      life.over = true;
      for (const end of endings) end();
    },
  };
}

interface Life {
  over: boolean;
}
type Alive = <T>(work: () => Promise<T>) => Promise<T>;
type Asynchronous = (...args: unknown[]) => Promise<unknown>;

/** A port as this life sees it: its methods, which answer by promise, and `own` ones in their place. */
function passed<P extends object>(port: P, alive: Alive, own: Partial<P> = {}): P {
  return new Proxy(port, {
    get(target, name) {
      if (name in own) return own[name as keyof P];
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => alive(() => (value as Asynchronous).apply(target, args));
    },
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

function netOf(net: Net, { life, alive, endings }: { life: Life; alive: Alive; endings: (() => void)[] }): Net {
  return {
    fetch: (request) => alive(() => net.fetch(request)),
    connect(url, events): Socket {
      const living =
        <A extends unknown[]>(hear: (...args: A) => void) =>
        (...args: A) => {
          if (!life.over) hear(...args);
        };
      const socket = net.connect(url, {
        open: living(() => events.open()),
        message: living((text: string) => events.message(text)),
        close: living((reason: string) => events.close(reason)),
      });
      endings.push(() => socket.close());
      return socket;
    },
  };
}
