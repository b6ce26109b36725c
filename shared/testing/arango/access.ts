/** Users and what they may, as "Managing users" describes it: levels of databases and of collections in them. */
import { AqlError } from "./aql-error.ts";

export type Level = "rw" | "ro" | "none";

export interface User {
  name: string;
  password: string;
  active: boolean;
  databases: Map<string, Level>;
  /** By database, then by collection; `*` for those that are not named. */
  collections: Map<string, Map<string, Level>>;
}

export const newUser = (name: string, password: string): User => ({
  ...{ name, password, active: true },
  databases: new Map(),
  collections: new Map(),
});

export const SYSTEM = "_system";

export const databaseLevel = (user: User, database: string): Level =>
  user.databases.get(database) ?? user.databases.get("*") ?? "none";

/** "The database level needs to be at least Access in addition, otherwise the collection level has no effect." */
export function collectionLevel(user: User, database: string, collection: string): Level {
  const level = databaseLevel(user, database);
  if (level === "none") return "none";
  for (const of of [user.collections.get(database), user.collections.get("*")]) {
    const found = of?.get(collection) ?? of?.get("*");
    if (found) return found;
  }
  return level;
}

/** Throws AqlError 11 with 403. */
export function mayCollection(user: User, at: { database: string; collection: string }, wanted: "ro" | "rw"): void {
  const level = collectionLevel(user, at.database, at.collection);
  if (level === "rw" || level === wanted) return;
  throw new AqlError(11, `not enough permissions for collection '${at.collection}'`, 403);
}

/** For what changes a database's structure, or, of `_system`, the server. */
export function mayAdminister(user: User, database: string): void {
  if (databaseLevel(user, database) !== "rw") throw new AqlError(11, `not enough permissions for '${database}'`, 403);
}

/** Without access to the database the answer is 401. */
export function mayEnter(user: User, database: string): void {
  if (databaseLevel(user, database) === "none") throw new AqlError(11, "not authorized to execute this request", 401);
}
