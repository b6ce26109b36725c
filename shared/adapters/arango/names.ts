/** The names of everything the store keeps in ArangoDB, beside the declared collections themselves. */
import type { ServiceId } from "../../kit/ports.ts";

/** What an owner's store needs beside its documents. Each owner has its own, so that its user alone may write them. */
export const headsOf = (owner: ServiceId): string => `${owner}_heads`;
export const outboxOf = (owner: ServiceId): string => `${owner}_outbox`;
export const inboxOf = (owner: ServiceId): string => `${owner}_inbox`;
export const lineageOf = (owner: ServiceId): string => `${owner}_lineage`;

/** The graph that unites the lineage of all owners. */
export const GRAPH = "lineage";

/** Splits a text at spaces: what is indexed has been cut into words by us. */
export const ANALYZER = "chimera_words";

export const viewOf = (collection: string): string => `${collection}_search`;

/** A persistent index, named so that one is found again whatever else was made by hand. */
export const indexOf = (fields: readonly string[]): string => `by_${fields.join("__")}`;

/** The user by which an owner's service writes. */
export const userOf = (owner: ServiceId): string => `chimera-${owner}`;

/** May read everything and write nothing: for people, backups and dashboards. */
export const READER = "chimera-reader";
