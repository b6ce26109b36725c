/** Where a service's replicas are: a list of base addresses, of which the one that answered last is asked first. */
import { type Clock, type Names, NetError, type Random } from "./ports.ts";

export interface Addresses {
  /** As they are known now. */
  readonly all: readonly string[];
  /**
   * Asks the one that answered last, and the others in turn as long as none could be reached. One that was sent
   * something and did not answer is left for later calls to avoid: it may have done what was asked.
   */
  ask<T>(ask: (base: string) => Promise<T>): Promise<T>;
  /** Looks again what names stand for. */
  refresh(): Promise<void>;
}

/** What is needed to follow names that stand for several replicas, which come and go. */
export interface Following {
  names?: Names;
  clock: Clock;
  random: Random;
}

/** Pods come and go within seconds; whoever is not there any more is passed over meanwhile. */
const FRESH_MS = 5_000;
/** Whoever asks is not kept waiting longer by a name server that is silent. */
const LOOK_MS_MAX = 2_000;

/** `text`: addresses with commas between them. With `names` each is looked up, again as time goes. */
export function createAddresses(text: string, following?: Following): Addresses {
  const given = text
    .split(",")
    .map((base) => base.trim().replace(/\/$/, ""))
    .filter((base) => base !== "");
  const list = following?.names && given.length > 0 ? new NamedList(given, following.names, following) : undefined;
  let first = given[0] as string;
  const known = () => list?.known ?? given;

  /** Of those not tried yet the first one, from the one that is asked first on. */
  const nextOf = (tried: ReadonlySet<string>): string | undefined => {
    const all = known();
    const from = Math.max(0, all.indexOf(first));
    return [...all.slice(from), ...all.slice(0, from)].find((base) => !tried.has(base));
  };

  return {
    get all() {
      list?.freshen();
      return known();
    },
    refresh: async () => list?.look(),
    async ask(ask) {
      if (list && (await list.begun())) first = list.start();
      list?.freshen();
      const tried = new Set<string>();
      for (let base = nextOf(tried) as string; ; ) {
        try {
          return await ask(base);
        } catch (error) {
          const failure = wayThere(error);
          if (failure === undefined) throw error;
          tried.add(base);
          // Of many calls that failed there at once, the first moves on for all.
          if (first === base) first = after(base, known());
          let next = nextOf(tried);
          if (failure === "refused" && next === undefined && list) {
            await list.look();
            next = nextOf(tried);
          }
          if (failure !== "refused" || next === undefined) throw error;
          base = next;
        }
      }
    },
  };
}

const after = (base: string, all: readonly string[]): string => all[(all.indexOf(base) + 1) % all.length] as string;

/** What the given addresses stand for: of each what was found last stays while nobody can be asked. */
class NamedList {
  readonly #given: readonly string[];
  readonly #names: Names;
  readonly #following: Following;
  readonly #found = new Map<string, readonly string[]>();
  #known: readonly string[];
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #hasBegun = false;

  constructor(given: readonly string[], names: Names, following: Following) {
    this.#given = given;
    this.#names = names;
    this.#following = following;
    this.#known = given;
  }

  get known(): readonly string[] {
    return this.#known;
  }

  /** Looked up once before the first use; true for whoever is that. */
  async begun(): Promise<boolean> {
    if (this.#hasBegun) return false;
    this.#hasBegun = true;
    await this.look();
    return true;
  }

  /** Where to begin: callers begin at different ones, so that together they use all. */
  start(): string {
    return this.#known[this.#following.random.int(this.#known.length)] as string;
  }

  /** Looks again, without anybody waiting, when it is time. */
  freshen(): void {
    if (this.#following.clock.mono() >= this.#lookedAt + FRESH_MS) void this.look();
  }

  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.#following.clock.mono();
    await Promise.all(this.#given.map((base) => this.#find(base)));
    const all = new Set(this.#given.flatMap((base) => this.#found.get(base) ?? []));
    if (all.size > 0) this.#known = [...all];
  }

  async #find(base: string): Promise<void> {
    const inTime = new AbortController();
    const { clock } = this.#following;
    const late = clock.sleep(LOOK_MS_MAX, inTime.signal).then(() => []);
    const found = await Promise.race([this.#names.resolve(base), late]).catch(() => []);
    inTime.abort();
    if (found.length > 0) this.#found.set(base, found);
  }
}

/** How the way there failed; undefined when the error is an answer. */
function wayThere(error: unknown): NetError["kind"] | undefined {
  if (error instanceof NetError) return error.kind;
  const { cause } = error as { cause?: unknown };
  return cause instanceof NetError ? cause.kind : undefined;
}
