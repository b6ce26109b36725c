/** One database of an ArangoDB server or cluster: requests with a time limit, AQL, stream transactions. */
import { Database } from "arangojs";
import { assert } from "../../errors.ts";
import type { Statement } from "./aql.ts";
import { Fault, faultOf } from "./faults.ts";

export interface ArangoAddress {
  /** `http://127.0.0.1:8529`; several coordinators with commas between. */
  url: string;
  database: string;
  user: string;
  password: string;
}

const TIMEOUT_MS = 10_000;
/** So that all of an answer comes at once, and no cursor stays behind on the server. */
const BATCH = 50_000;
const SOCKETS = 16;
const READ_PAUSES_MS = [30, 150];
/** Whoever was kept waiting longer than this is not to wait as long again. */
const READ_AGAIN_MS = 1_000;
const TRANSACTION_HEADER = "x-arango-trx-id";

interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
  search?: Record<string, string>;
  transaction?: string;
  timeoutMs?: number;
}

export interface TransactionScope {
  write: readonly string[];
  /** What is read in it beside what is written. */
  read?: readonly string[];
  /** Answers its commit when the disk has it. */
  sync?: boolean;
}

export class Server {
  readonly #database: Database;
  readonly #timeoutMs: number;

  constructor({ url, database, user, password }: ArangoAddress, options: { timeoutMs?: number } = {}) {
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#database = new Database({
      url: url.split(",").map((each) => each.trim()),
      databaseName: database,
      auth: { username: user, password },
      // It would also repeat writes; we repeat reads, and know for each write what became of it.
      maxRetries: false,
      poolSize: SOCKETS,
      responseQueueTimeSamples: 0,
    });
  }

  /** Throws Fault. */
  async ask<T>({ method = "GET", path, body, search, transaction, timeoutMs }: Ask): Promise<T> {
    try {
      return await this.#database.request({
        ...{ method, pathname: path, timeout: timeoutMs ?? this.#timeoutMs },
        ...(body !== undefined && { body }),
        ...(search && { search }),
        ...(transaction !== undefined && { headers: { [TRANSACTION_HEADER]: transaction } }),
      });
    } catch (error) {
      throw faultOf(error);
    }
  }

  /** All rows of a statement's answer; in a transaction when its id is given. Throws Fault. */
  async query<T>({ text, values }: Statement, options: { transaction?: string } = {}): Promise<T[]> {
    const { result, hasMore } = await this.ask<{ result: T[]; hasMore: boolean }>({
      method: "POST",
      path: "/_api/cursor",
      body: {
        query: text,
        bindVars: values,
        batchSize: BATCH,
        // The server gives up when we do; seconds.
        options: { maxRuntime: this.#timeoutMs / 1_000 },
      },
      ...options,
    });
    assert(!hasMore, "an answer comes in one piece");
    return result;
  }

  /** As `query`, for what changes nothing: asked again a few times where the server does not answer. */
  async read<T>(statement: Statement): Promise<T[]> {
    for (const pause of READ_PAUSES_MS) {
      const from = performance.now();
      try {
        return await this.query<T>(statement);
      } catch (error) {
        if (!(error instanceof Fault) || (error.kind !== "unknown" && error.kind !== "busy")) throw error;
        if (performance.now() - from > READ_AGAIN_MS) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return this.query<T>(statement);
  }

  /** Answers the transaction's id. What is not declared can be neither written nor read in it. */
  async begin({ write, read = [], sync }: TransactionScope): Promise<string> {
    const { result } = await this.ask<{ result: { id: string } }>({
      method: "POST",
      path: "/_api/transaction/begin",
      body: { collections: { write, read }, allowImplicit: false, ...(sync && { waitForSync: true }) },
    });
    return result.id;
  }

  /** "Committing is an idempotent operation" (HTTP API, "Commit a Stream Transaction"): it may be asked again. */
  async commit(transaction: string): Promise<void> {
    await this.ask({ method: "PUT", path: `/_api/transaction/${transaction}` });
  }

  /** Idempotent too. */
  async abort(transaction: string): Promise<void> {
    await this.ask({ method: "DELETE", path: `/_api/transaction/${transaction}` });
  }

  /** The ids of the running transactions that this user sees: its own. */
  async running(): Promise<string[]> {
    const { transactions } = await this.ask<{ transactions: { id: string }[] }>({ path: "/_api/transaction" });
    return transactions.map(({ id }) => id);
  }

  close(): void {
    this.#database.close();
  }
}
