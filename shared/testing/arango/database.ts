/** One database of the stand-in: collections, indexes, views, analyzers, graphs, and statements on them. */
import { mayCollection, type User } from "./access.ts";
import { checkAql } from "./aql-check.ts";
import { AqlError } from "./aql-error.ts";
import { type Data, type Links, runAql } from "./aql-evaluate.ts";
import { parseAql } from "./aql-parser.ts";
import type { Operation } from "./aql-tree.ts";
import { type CompareTexts, type Document, ENGLISH, type Value } from "./aql-values.ts";
import { type CollectionData, type Commits, readDocument, scanDocuments, type Transaction } from "./documents.ts";
import { writeOne } from "./writes.ts";

export interface StandInDatabase {
  name: string;
  options: Document;
  collections: Map<string, CollectionData>;
  indexes: Map<string, Document[]>;
  views: Map<string, Document>;
  analyzers: Map<string, Document>;
  graphs: Map<string, Document>;
  compareTexts: CompareTexts;
  /** Every text that was run, for the list of those that the store can say. */
  texts: Set<string>;
}

export const newDatabase = (name: string, options: Document, compareTexts = ENGLISH): StandInDatabase => ({
  ...{ name, options, compareTexts },
  collections: new Map(),
  indexes: new Map(),
  views: new Map(),
  analyzers: new Map(),
  graphs: new Map(),
  texts: new Set(),
});

const parsed = new Map<string, Operation[]>();
const PARSED_MAX = 2_000;

/** Parsed once for all servers. */
function operationsOf(text: string): Operation[] {
  const known = parsed.get(text);
  if (known) return known;
  if (parsed.size >= PARSED_MAX) parsed.clear();
  const operations = parseAql(text);
  parsed.set(text, operations);
  return operations;
}

export interface Session {
  database: StandInDatabase;
  user: User;
  transaction: Transaction;
  commits: Commits;
}

/** Throws AqlError. */
export function runStatement(text: string, bound: Document, session: Session): Value[] {
  const operations = operationsOf(text);
  session.database.texts.add(text);
  // A collection's parameter is given under its name with one @ before it.
  const { read, written } = checkAql(operations, bound);
  for (const name of written) session.database.views.has(name) && refuseView(name);
  for (const name of written) collectionFor(session, name, "rw");
  for (const name of read) if (!session.database.views.has(name)) collectionFor(session, name, "ro");
  return runAql(operations, bound, dataOf(session));
}

function refuseView(name: string): never {
  throw new AqlError(1203, `collection not found: ${name}`);
}

/** Throws AqlError 1203 for what is not there, 11 for what is not allowed, 1652 for what was not declared. */
function collectionFor(session: Session, name: string, wanted: "ro" | "rw"): CollectionData {
  const { database, user, transaction } = session;
  const collection = database.collections.get(name);
  if (!collection) throw new AqlError(1203, `collection or view not found: ${name}`);
  mayCollection(user, { database: database.name, collection: name }, wanted);
  const { write, read, allowImplicit } = transaction;
  if (write === undefined || write.has(name)) return collection;
  if (wanted === "ro" && (read?.has(name) || allowImplicit)) return collection;
  throw new AqlError(1652, `unregistered collection used in transaction: ${name}`);
}

function dataOf(session: Session): Data {
  const { database, transaction, commits } = session;
  return {
    compareTexts: database.compareTexts,
    scan: (name) => scanDocuments(collectionFor(session, name, "ro"), transaction),
    get: (name, key) => readDocument(collectionFor(session, name, "ro"), key, transaction),
    write: (kind, name, value, options) =>
      writeOne(collectionFor(session, name, "rw"), transaction, {
        ...{ kind, value, options },
        nextRevision: () => commits.nextRevision(),
      }),
    isView: (name) => database.views.has(name),
    links: (view) => linksOf(database, view),
    edges(name) {
      const graph = database.graphs.get(name);
      if (!graph) throw new AqlError(1924, `graph '${name}' not found`);
      const definitions = graph.edgeDefinitions as Document[];
      // Vertices are looked up too, so they have to be readable.
      for (const each of definitions)
        for (const end of ["from", "to"]) {
          for (const vertices of each[end] as string[]) collectionFor(session, vertices, "ro");
        }
      return definitions.map((each) => String(each.collection));
    },
  };
}

function linksOf(database: StandInDatabase, view: string): Links {
  const links = (database.views.get(view)?.links ?? {}) as Record<string, Document>;
  return new Map(Object.entries(links).map(([name, link]) => [name, fieldsOf(link, "")]));
}

function fieldsOf(link: Document, path: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  if (link.analyzers) fields.set(path, link.analyzers as string[]);
  for (const [name, field] of Object.entries((link.fields ?? {}) as Record<string, Document>)) {
    for (const [deeper, analyzers] of fieldsOf(field, path === "" ? name : `${path}.${name}`))
      fields.set(deeper, analyzers);
  }
  return fields;
}
