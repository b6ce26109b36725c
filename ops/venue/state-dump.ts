/** The exchange's whole state as JSON text, and back: so that old parts of the journal need not be kept. */
import type { ExchangeState } from "../../shared/engine/state.ts";

/** Comes from the config of whoever starts the venue, not from its past. */
const NOT_DUMPED = new Set(["listings"]);

/** A value as it stands in the text: what JSON has not is wrapped, shared objects are named by their number. */
type Written = string | number | boolean | null | { r: number } | { b: string } | { u: 1 };
type Node =
  | { m: [Written, Written][] }
  | { s: Written[] }
  | { a: Written[] }
  | { o: Record<string, Written> }
  /** An instance of a class: its own fields, put back into the instance that is already there. */
  | { c: Record<string, Written> };

/** Throws an Error for what it does not know how to bring back: a class within a list, a function. */
export function dumpState(state: ExchangeState): string {
  const nodes: Node[] = [];
  const seen = new Map<object, number>();
  const write = (value: unknown, isField: boolean): Written => {
    if (typeof value === "bigint") return { b: value.toString() };
    if (value === undefined) return { u: 1 };
    if (value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number") return Number.isFinite(value) ? value : fail(`the number ${value}`);
    if (typeof value !== "object") return fail(`a ${typeof value}`);
    const known = seen.get(value);
    if (known !== undefined) return { r: known };
    const at = nodes.length;
    seen.set(value, at);
    nodes.push({ a: [] });
    nodes[at] = nodeOf(value, isField);
    return { r: at };
  };
  const fields = (value: object, areFields: boolean): Record<string, Written> =>
    Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => value !== state || !NOT_DUMPED.has(name))
        .map(([name, each]) => [name, write(each, areFields)]),
    );
  const nodeOf = (value: object, isField: boolean): Node => {
    if (value instanceof Map) return { m: [...value].map(([key, each]) => [write(key, false), write(each, false)]) };
    if (value instanceof Set) return { s: [...value].map((each) => write(each, false)) };
    if (Array.isArray(value)) return { a: value.map((each) => write(each, false)) };
    if (Object.getPrototypeOf(value) === Object.prototype) return { o: fields(value, false) };
    return isField ? { c: fields(value, true) } : fail(`a ${value.constructor.name} within a list`);
  };
  write(state, true);
  return JSON.stringify(nodes);
}

function fail(what: string): never {
  throw new Error(`Invariant: the venue's state holds ${what}, which cannot be written down`);
}

/** Into a state that is new. Throws an Error for text that is no dump of such a state. */
export function loadState(text: string, state: ExchangeState): void {
  const nodes = JSON.parse(text) as Node[];
  const made = new Map<number, object>();
  const read = (value: Written | undefined): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if ("b" in value) return BigInt(value.b);
    return "r" in value ? objectOf(value.r) : undefined;
  };
  const objectOf = (at: number): object => {
    const known = made.get(at);
    if (known) return known;
    const node = nodes[at];
    if (!node || "c" in node) throw new Error("The venue's state cannot be read: it has another shape");
    const object: object = "m" in node ? new Map() : "s" in node ? new Set() : "a" in node ? [] : {};
    made.set(at, object);
    // Filled after it is known, since what it holds may point back at it.
    if ("m" in node) for (const [key, each] of node.m) (object as Map<unknown, unknown>).set(read(key), read(each));
    else if ("s" in node) for (const each of node.s) (object as Set<unknown>).add(read(each));
    else if ("a" in node) for (const each of node.a) (object as unknown[]).push(read(each));
    else for (const [name, each] of Object.entries(node.o)) (object as Record<string, unknown>)[name] = read(each);
    return object;
  };
  const fill = (instance: Record<string, unknown>, at: number): void => {
    const node = nodes[at];
    if (!node || !("c" in node)) throw new Error("The venue's state cannot be read: it has another shape");
    made.set(at, instance);
    for (const [name, value] of Object.entries(node.c)) {
      const inner = typeof value === "object" && value !== null && "r" in value ? nodes[value.r] : undefined;
      if (inner && "c" in inner) fill(instance[name] as Record<string, unknown>, (value as { r: number }).r);
      else instance[name] = read(value);
    }
  };
  fill(state as unknown as Record<string, unknown>, 0);
}
