/** Statements and stream transactions over HTTP. */

import { mayCollection } from "./access.ts";
import { AqlError } from "./aql-error.ts";
import type { Document } from "./aql-values.ts";
import { runStatement, type Session } from "./database.ts";
import type { Commits, Transaction } from "./documents.ts";
import { type Answer, type Asked, answer, BODIES, type Route, route } from "./routes.ts";

/** "The default maximum idle timeout is 60 seconds between operations in a single Stream Transaction." */
export const IDLE_MS = 60_000;

export class Transactions {
  readonly #commits: Commits;
  readonly #all = new Map<string, Transaction>();
  #next = 1;
  idleMs = IDLE_MS;

  constructor(commits: Commits) {
    this.#commits = commits;
  }

  begin(of: Pick<Transaction, "user" | "database" | "write" | "read" | "allowImplicit">): Transaction {
    const transaction: Transaction = {
      ...{ ...of, id: String(4_294_967_296 + this.#next++), changes: new Map() },
      ...{ snapshot: this.#commits.now, state: "running", usedAt: Date.now() },
    };
    this.#commits.running.add(transaction);
    return transaction;
  }

  keep(transaction: Transaction): void {
    this.#all.set(transaction.id, transaction);
  }

  /** Throws AqlError 1655 for one that there is not. */
  find(id: string, { user, database }: Asked): Transaction {
    this.expire();
    const found = this.#all.get(id);
    if (!found || found.database !== database.name || (found.user !== user.name && user.name !== "root")) {
      throw new AqlError(1655, `transaction '${id}' not found`);
    }
    found.usedAt = Date.now();
    return found;
  }

  running({ user, database }: Asked): Transaction[] {
    this.expire();
    return [...this.#commits.running].filter(
      ({ id, state, ...of }) =>
        state === "running" && this.#all.has(id) && of.database === database.name && of.user === user.name,
    );
  }

  /**
   * The server says of a transaction that it is committed from when its commit begins (`Manager::updateTransaction`:
   * "it is sufficient to pretend that the operation already succeeded"), and only where it fails that it is aborted.
   */
  async commitSlowly(id: string, { ms, fails }: { ms: number; fails: boolean }): Promise<void> {
    const found = this.#all.get(id);
    if (found?.state !== "running") return;
    found.state = "committed";
    await Bun.sleep(ms);
    if (fails) this.#commits.end(found, "aborted");
    else this.#commits.commit(found);
  }

  /** Ends what has not been used for too long. */
  expire(idleMs = this.idleMs): void {
    for (const [id, transaction] of this.#all) {
      if (Date.now() - transaction.usedAt < idleMs) continue;
      if (transaction.state === "running") this.#commits.end(transaction, "aborted");
      this.#all.delete(id);
    }
  }

  /** As a server that starts anew: it knows none of them. */
  forget(): void {
    for (const transaction of this.#all.values()) {
      if (transaction.state === "running") this.#commits.end(transaction, "aborted");
    }
    this.#all.clear();
  }
}

const setOf = (names: string | readonly string[] | undefined): Set<string> =>
  new Set(typeof names === "string" ? [names] : names);

export function dataRoutes(transactions: Transactions, commits: Commits): Route[] {
  const stateOf = ({ id, state }: Transaction) => ({ result: { id, status: state } });
  return [
    route("POST", "/_api/cursor", { body: BODIES.cursor, inTransaction: true }, (asked) =>
      runCursor(asked, transactions, commits),
    ),
    route("POST", "/_api/transaction/begin", { body: BODIES.begin }, (asked) => {
      const { database, user } = asked;
      const { collections, allowImplicit = true } = asked.body as Begin;
      const write = new Set([...setOf(collections.write), ...setOf(collections.exclusive)]);
      const read = setOf(collections.read);
      for (const name of [...write, ...read]) {
        if (!database.collections.has(name)) throw new AqlError(1203, `collection not found: ${name}`);
        mayCollection(user, { database: database.name, collection: name }, write.has(name) ? "rw" : "ro");
      }
      const begun = transactions.begin({ user: user.name, database: database.name, write, read, allowImplicit });
      transactions.keep(begun);
      return answer(201, stateOf(begun));
    }),
    route("GET", "/_api/transaction/{id}", {}, (asked) =>
      answer(200, stateOf(transactions.find(asked.path[0]!, asked))),
    ),
    route("GET", "/_api/transaction", {}, (asked) =>
      answer(200, { transactions: transactions.running(asked).map(({ id, state }) => ({ id, state })) }),
    ),
    route("PUT", "/_api/transaction/{id}", {}, (asked) => {
      const found = transactions.find(asked.path[0]!, asked);
      if (found.state === "aborted") throw new AqlError(1653, "transaction was already aborted");
      if (found.state === "running") commits.commit(found);
      return answer(200, stateOf(found));
    }),
    route("DELETE", "/_api/transaction/{id}", {}, (asked) => {
      const found = transactions.find(asked.path[0]!, asked);
      if (found.state === "committed") throw new AqlError(1653, "transaction was already committed");
      if (found.state === "running") commits.end(found, "aborted");
      return answer(200, stateOf(found));
    }),
  ];
}

interface Begin {
  collections: { read?: string | string[]; write?: string | string[]; exclusive?: string | string[] };
  allowImplicit?: boolean;
}
interface Cursor {
  query: string;
  bindVars?: Document;
  batchSize?: number;
}

function runCursor(asked: Asked, transactions: Transactions, commits: Commits): Answer {
  const { query, bindVars = {}, batchSize = 1_000 } = asked.body as Cursor;
  const rows = within(asked, { transactions, commits }, (session) => runStatement(query, bindVars, session));
  // A second batch would need a cursor to be held, which is not known here.
  if (rows.length > batchSize) throw new AqlError(1600, "more rows than one batch");
  return answer(201, { result: rows, hasMore: false, cached: false, extra: { warnings: [], stats: {} } });
}

function within<T>(
  { database, user, transaction: id, ...asked }: Asked,
  { transactions, commits }: { transactions: Transactions; commits: Commits },
  work: (session: Session) => T,
): T {
  if (id !== undefined) {
    const transaction = transactions.find(id, { database, user, transaction: id, ...asked });
    if (transaction.state === "committed") throw new AqlError(1653, `transaction '${id}' has already been committed`);
    if (transaction.state === "aborted") throw new AqlError(1654, `transaction '${id}' has already been aborted`);
    return work({ database, user, transaction, commits });
  }
  const of = { user: user.name, database: database.name, write: undefined, read: undefined, allowImplicit: true };
  const transaction = transactions.begin(of);
  try {
    const result = work({ database, user, transaction, commits });
    commits.commit(transaction);
    return result;
  } catch (error) {
    commits.end(transaction, "aborted");
    throw error;
  }
}
