/** Short names for series: rows are written every few seconds, and would be little but the same long names. */
import { put } from "../../shared/changes.ts";
import { watchMarks } from "../../shared/collections/operations.ts";
import type { Clock, Op, Store } from "../../shared/kit/ports.ts";

const BASE = 36;
const markOf = (service: string): string => `series/${service}`;

interface Names {
  readonly keys: string[];
  readonly ids: Map<string, string>;
  /** How many of them are to be found in the store. */
  kept: number;
}
interface NamesParts {
  readonly store: Pick<Store, "get">;
  readonly clock: Pick<Clock, "now">;
  readonly peers: { readonly services: readonly { readonly id: string }[] };
}

/** Each service's series are numbered as they are first seen, for ever. */
export class SeriesNames {
  readonly #parts: NamesParts;
  readonly #byService = new Map<string, Names>();

  constructor(parts: NamesParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    const { store, peers } = this.#parts;
    for (const { id } of peers.services) {
      const keys = ((await store.get(watchMarks, markOf(id)))?.value.value as string[] | undefined) ?? [];
      this.#byService.set(id, {
        keys,
        ids: new Map(keys.map((key, at) => [key, at.toString(BASE)])),
        kept: keys.length,
      });
    }
  }

  /** The same values under short names, and what is to be committed with them; then call `committed`. */
  shorten<T>(service: string, values: Readonly<Record<string, T>>): { values: Record<string, T>; ops: Op[] } {
    const names = this.#namesOf(service);
    const short: Record<string, T> = {};
    for (const [key, value] of Object.entries(values)) {
      let id = names.ids.get(key);
      if (id === undefined) {
        id = names.keys.length.toString(BASE);
        names.keys.push(key);
        names.ids.set(key, id);
      }
      short[id] = value;
    }
    const mark = { id: markOf(service), value: [...names.keys], ts: this.#parts.clock.now() };
    return { values: short, ops: names.keys.length > names.kept ? [put(watchMarks, mark)] : [] };
  }

  /** All that was shortened is in the store. */
  committed(): void {
    for (const names of this.#byService.values()) names.kept = names.keys.length;
  }

  /** The series of a short name; a long one is its own. */
  keyOf(service: string, id: string): string {
    if (id.includes("{")) return id;
    return this.#byService.get(service)?.keys[Number.parseInt(id, BASE)] ?? id;
  }

  #namesOf(service: string): Names {
    const names = this.#byService.get(service) ?? { keys: [], ids: new Map(), kept: 0 };
    this.#byService.set(service, names);
    return names;
  }
}
