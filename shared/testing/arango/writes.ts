/** INSERT, REPLACE, UPDATE and REMOVE of one document, as "High-level operations" describes them. */
import { AqlError } from "./aql-error.ts";
import type { Write } from "./aql-tree.ts";
import type { Document, Value } from "./aql-values.ts";
import { type CollectionData, readDocument, type Transaction, writeDocument } from "./documents.ts";

const KEY = /^[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}$/;
const SYSTEM = new Set(["_id", "_key", "_rev"]);

interface Changed {
  OLD: Value;
  NEW: Value;
}

export function writeOne(
  collection: CollectionData,
  by: Transaction,
  write: { kind: Write; value: Value; options: Document; nextRevision(): string },
): Changed {
  const { kind, value, options, nextRevision } = write;
  const given = typeof value === "string" ? { _key: value } : value;
  if (given === null || typeof given !== "object" || Array.isArray(given))
    throw new AqlError(1227, "invalid document type");
  const key = given._key;
  if (typeof key !== "string" || !KEY.test(key)) throw new AqlError(1221, "illegal document key");
  const old = readDocument(collection, key, by);
  const put = (document: Document): Changed => {
    const fresh = { _id: `${collection.name}/${key}`, _key: key, _rev: nextRevision(), ...inOrder(document) };
    checkEdge(collection, fresh);
    writeDocument(collection, by, { key, document: fresh });
    return { OLD: old ?? null, NEW: fresh };
  };
  if (kind === "INSERT") {
    if (!old) return put(given);
    const mode = options.overwriteMode ?? "conflict";
    if (mode === "ignore") return { OLD: old, NEW: null };
    if (mode === "conflict")
      throw new AqlError(1210, `unique constraint violated - in index primary; conflicting key: ${key}`);
    return put(mode === "replace" ? given : { ...old, ...given });
  }
  if (!old) throw new AqlError(1202, "document not found");
  if (options.ignoreRevs === false && given._rev !== undefined && given._rev !== old._rev) {
    throw new AqlError(1200, "conflict, _rev values do not match");
  }
  if (kind === "REPLACE") return put(given);
  if (kind === "UPDATE") return put(merged(old, given));
  writeDocument(collection, by, { key, document: null });
  return { OLD: old, NEW: null };
}

function checkEdge(collection: CollectionData, document: Document): void {
  if (!collection.isEdges) return;
  for (const end of ["_from", "_to"]) {
    if (typeof document[end] !== "string" || !/^[A-Za-z][\w-]*\/.+$/.test(document[end])) {
      throw new AqlError(1233, "edge attribute missing or invalid");
    }
  }
}

/** Objects in objects are merged too: `mergeObjects` is true unless it is said otherwise. */
function merged(old: Document, given: Document): Document {
  const result = { ...old };
  for (const [name, value] of Object.entries(given)) {
    const before = result[name];
    const isBoth = [before, value].every((each) => each !== null && typeof each === "object" && !Array.isArray(each));
    result[name] = isBoth ? merged(before as Document, value as Document) : value;
  }
  return result;
}

/** ArangoDB does not keep the order of attributes; here they are put in the order of their names. */
function inOrder<T extends Value>(value: T): T {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(inOrder) as T;
  const names = Object.keys(value)
    .filter((name) => !SYSTEM.has(name))
    .sort();
  const result: Document = {};
  for (const name of names) {
    // `__proto__` is an attribute like any other.
    Object.defineProperty(result, name, { value: inOrder(value[name]!), ...PLAIN });
  }
  return result as T;
}
const PLAIN = { writable: true, enumerable: true, configurable: true };
