/** What a search turns, put into a bundle: paths by the ids of list items, checked against the bundle's own schema. */
import { Bundle } from "../domain/bundle.ts";
import type { ParamSet, SearchParam } from "../domain/experiment.ts";
import { type FieldError, refuse } from "../errors.ts";

type Value = ParamSet[string];
interface Tree {
  [key: string]: unknown;
}

const ID_FIELDS = ["strategy_id", "rule_id", "instrument"] as const;
/** Where conditions, triggers and sizing name a factor. */
const NAMES_FACTOR: ReadonlySet<string> = new Set(["f", "vf", "factor", "atr"]);
const SEGMENT = /^(?!__proto__$)[\w:-]+$/;
const KNOWN_MAX = 8;

/**
 * The bundle with these values in these places. Refuses a path that leads nowhere, and a value that the schema of
 * bundles refuses, with INVALID and one error for each path.
 */
export function applyParams(bundle: Bundle, params: ParamSet): Bundle {
  const { next, errors } = tryParams(bundle, params);
  if (errors.length > 0 || !next) refuse("INVALID", "A parameter does not fit the bundle.", { errors });
  return next;
}

/** As `applyParams`, with what is wrong in place of a refusal; each error's field is the path. */
export function tryParams(bundle: Bundle, params: ParamSet): { next?: Bundle; errors: FieldError[] } {
  const tree = structuredClone(bundle) as unknown as Tree;
  const errors: FieldError[] = [];
  const places = new Map<string, readonly (string | number)[]>();
  for (const [path, value] of Object.entries(params)) {
    const place = isFactor(path) ? renameFactor(tree, path, value) : setAt(tree, path, value);
    if (typeof place === "string") errors.push({ field: path, message: place });
    else places.set(path, place);
  }
  if (errors.length > 0) return { errors };
  const read = Bundle.safeParse(tree);
  if (read.success) return { next: read.data, errors: [] };
  for (const { path: at, message } of read.error.issues) {
    const told = [...places].filter(([, place]) => isWithin(at, place) || isWithin(place, at));
    const named = told.length > 0 ? told : [...places].slice(0, 1);
    errors.push(...named.map(([field]) => ({ field, message: `${message} (at ${at.join(".")})` })));
  }
  return { errors };
}

/** Every path of a design alone, at each of these values; errors are by the place of the param in the design. */
export function paramErrors(bundle: Bundle, params: readonly SearchParam[], at: (param: SearchParam) => Value[]) {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, param] of params.entries()) {
    const field = `params.${i}.path`;
    if (seen.has(param.path)) errors.push({ field, message: `${param.path} is turned twice` });
    seen.add(param.path);
    for (const value of at(param)) {
      const wrong = tryParams(bundle, { [param.path]: value }).errors[0];
      if (!wrong) continue;
      errors.push({ field, message: `${param.path} = ${JSON.stringify(value)}: ${wrong.message}` });
      break;
    }
  }
  return errors;
}

const isFactor = (path: string): boolean => path.startsWith("factors.");

/** The place it was put in, or what is wrong. */
function setAt(tree: Tree, path: string, value: Value): (string | number)[] | string {
  const segments = path.split(".");
  const last = segments.pop() as string;
  if (![...segments, last].every((segment) => SEGMENT.test(segment))) return `${path} is no path`;
  const place: (string | number)[] = [];
  let at: unknown = tree;
  for (const [i, segment] of segments.entries()) {
    const key = keyIn(at, segment);
    if (key === undefined) return nowhere(at, segments.slice(0, i + 1));
    place.push(key);
    at = (at as Tree)[key];
  }
  // A field that has no value yet may be given one: whether there is such a field, the schema says.
  const key = keyIn(at, last) ?? (typeof at === "object" && at !== null && !Array.isArray(at) ? last : undefined);
  if (key === undefined) return nowhere(at, [...segments, last]);
  if (typeof (at as Tree)[key] === "object") return `${path} is no single value`;
  (at as Tree)[key] = value;
  return [...place, key];
}

function keyIn(at: unknown, segment: string): string | number | undefined {
  if (typeof at !== "object" || at === null) return undefined;
  if (!Array.isArray(at)) return Object.hasOwn(at, segment) ? segment : undefined;
  const byId = at.findIndex((item) => idOf(item) === segment);
  if (byId >= 0) return byId;
  return /^\d{1,5}$/.test(segment) && Number(segment) < at.length ? Number(segment) : undefined;
}

function idOf(item: unknown): unknown {
  const field = ID_FIELDS.find((name) => typeof item === "object" && item !== null && Object.hasOwn(item, name));
  return field && (item as Tree)[field];
}

function nowhere(at: unknown, place: readonly string[]): string {
  const known = Array.isArray(at) ? at.map((item, i) => String(idOf(item) ?? i)) : Object.keys(Object(at));
  const some = known.slice(0, KNOWN_MAX).join(", ") + (known.length > KNOWN_MAX ? ", …" : "");
  return `leads nowhere at ${place.join(".")}${some === "" ? "" : `; there are ${some}`}`;
}

/** Another factor in its place: in the list, in every condition and trigger, and as the ATR of sizes. */
function renameFactor(tree: Tree, path: string, value: Value): (string | number)[] | string {
  const before = path.slice("factors.".length);
  const factors = tree.factors as string[];
  if (!factors.includes(before))
    return nowhere(
      factors.map((strategy_id) => ({ strategy_id })),
      ["factors", before],
    );
  if (typeof value !== "string") return "takes the id of another factor";
  tree.factors = [...new Set(factors.map((id) => (id === before ? value : id)))];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      if (NAMES_FACTOR.has(key) && child === before) (node as Tree)[key] = value;
      else visit(child);
    }
  };
  visit(tree.strategies);
  visit(tree.rules);
  visit(tree.flags);
  return ["factors", factors.indexOf(before)];
}

const isWithin = (place: readonly PropertyKey[], outer: readonly PropertyKey[]): boolean =>
  outer.length <= place.length && outer.every((key, i) => key === place[i]);
