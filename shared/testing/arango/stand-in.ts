/**
 * A stand-in for ArangoDB in tests: an HTTP server in memory. It is a checked reading of ArangoDB's documentation and
 * not ArangoDB: it answers the documented requests that the store makes and refuses all others, with the documented
 * errors. What it cannot show is whether the documentation was read rightly, and how fast or durable the real one is.
 */
import { mayEnter, newUser, SYSTEM, type User } from "./access.ts";
import { AqlError } from "./aql-error.ts";
import { ENGLISH, languageOf } from "./aql-values.ts";
import { dataRoutes, Transactions } from "./data-routes.ts";
import { newDatabase, type StandInDatabase } from "./database.ts";
import { Commits } from "./documents.ts";
import type { Answer, Route } from "./routes.ts";
import { type Structure, structureRoutes } from "./structure-routes.ts";

export interface StandInOptions {
  rootPassword: string;
  port?: number;
  role?: Structure["role"];
  license?: Structure["license"];
  version?: string;
  hasOneShard?: boolean;
  /** By which texts are compared: `da`. */
  language?: string;
}

/** What is to go wrong with a request. */
export type Trouble =
  /** An answer in place of the real one: nothing is done. */
  | { status: number; errorNum: number; message: string }
  /** The connection ends: before anything is done, or after all is. */
  | { cut: "before" | "after" }
  /** Nothing is done, and it is never answered. */
  | { silent: "before" | "after" }
  /** A commit takes so long, and then fails or not; it is never answered. */
  | { commitsForMs: number; fails: boolean }
  | { delayMs: number };

export type FindTrouble = (request: { method: string; path: string; query: string }) => Trouble | undefined;

const JSON_TYPE = "application/json; charset=utf-8";

export class ArangoStandIn {
  readonly structure: Structure;
  readonly transactions: Transactions;
  /** Asked before each request. */
  trouble: FindTrouble = () => undefined;
  /** How many requests came, by method and path without names. */
  requests = 0;
  readonly #routes: readonly Route[];
  readonly #port: number | undefined;
  #server: ReturnType<typeof Bun.serve> | undefined;

  constructor({ rootPassword, port, role, license, version, hasOneShard = true, language }: StandInOptions) {
    const root: User = newUser("root", rootPassword);
    root.databases.set("*", "rw");
    root.collections.set("*", new Map([["*", "rw"]]));
    const commits = new Commits();
    this.structure = {
      databases: new Map([[SYSTEM, newDatabase(SYSTEM, {}, language === undefined ? ENGLISH : languageOf(language))]]),
      users: new Map([["root", root]]),
      ...{ role: role ?? "SINGLE", license: license ?? "community", version: version ?? "3.12.5", hasOneShard },
    };
    this.transactions = new Transactions(commits);
    this.#routes = [...dataRoutes(this.transactions, commits), ...structureRoutes(this.structure)];
    this.#port = port;
    this.up();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#boundPort}`;
  }

  #boundPort = 0;

  /** Listens, at the same port as before. */
  up(): void {
    const port = this.#boundPort || (this.#port ?? 0);
    this.#server = Bun.serve({
      port,
      hostname: "127.0.0.1",
      idleTimeout: 120,
      fetch: (request) => this.#answer(request),
    });
    this.#boundPort = this.#server.port ?? port;
  }

  /** Ends every connection at once and takes no more. */
  async down(): Promise<void> {
    await this.#server?.stop(true);
    this.#server = undefined;
  }

  /** As a crash and a start: what was committed is there, no transaction is. */
  async restart(): Promise<void> {
    await this.down();
    this.transactions.forget();
    this.up();
  }

  database(name: string): StandInDatabase {
    const found = this.structure.databases.get(name);
    if (!found) throw new Error(`the stand-in has no database ${name}`);
    return found;
  }

  async #answer(request: Request): Promise<Response> {
    this.requests++;
    const text = await request.text();
    const trouble = this.trouble({ method: request.method, path: new URL(request.url).pathname, query: text });
    if (!trouble) return respond(this.#handle(request, text));
    if ("status" in trouble) return respond(failure(trouble.status, trouble.errorNum, trouble.message));
    if ("delayMs" in trouble) {
      await Bun.sleep(trouble.delayMs);
      return respond(this.#handle(request, text));
    }
    if ("commitsForMs" in trouble) {
      const id = request.url.slice(request.url.lastIndexOf("/") + 1);
      await this.transactions.commitSlowly(id, { ms: trouble.commitsForMs, fails: trouble.fails });
      return new Promise(() => {});
    }
    const when = "cut" in trouble ? trouble.cut : trouble.silent;
    if (when === "after") this.#handle(request, text);
    if ("silent" in trouble) return new Promise(() => {});
    await this.#server?.stop(true);
    this.up();
    return new Response();
  }

  #handle(request: Request, text: string): Answer {
    try {
      return this.#route(request, text);
    } catch (error) {
      if (error instanceof AqlError) return failure(error.status, error.number, error.message);
      throw error;
    }
  }

  #route(request: Request, text: string): Answer {
    const url = new URL(request.url);
    const [, name = SYSTEM, path = url.pathname] = /^\/_db\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    const user = this.#userOf(request.headers.get("authorization"));
    const database = this.structure.databases.get(decodeURIComponent(name));
    if (!database) throw new AqlError(1228, "database not found");
    mayEnter(user, database.name);
    const here = this.#routes.filter((each) => each.path.test(path));
    if (here.length === 0) throw new AqlError(404, `unknown path '${path}'`, 404);
    const route = here.find((each) => each.method === request.method);
    if (!route) throw new AqlError(405, "method not supported", 405);
    const search = Object.fromEntries(url.searchParams);
    for (const each of Object.keys(search)) {
      if (!route.search.includes(each)) throw new AqlError(10, `unknown parameter ${each}`, 400);
    }
    const transaction = request.headers.get("x-arango-trx-id") ?? undefined;
    if (transaction !== undefined && !route.inTransaction) throw new AqlError(1653, "not in a transaction", 400);
    const parts = route.path.exec(path)!.slice(1).map(decodeURIComponent);
    return route.run({ database, user, path: parts, search, body: bodyOf(route, text) as never, transaction });
  }

  #userOf(header: string | null): User {
    const [name = "", password] = Buffer.from(header?.replace(/^Basic /, "") ?? "", "base64")
      .toString()
      .split(/:(.*)/s);
    const user = this.structure.users.get(name);
    if (!user?.active || user.password !== password) throw new AqlError(11, "not authorized", 401);
    return user;
  }
}

function bodyOf(route: Route, text: string): unknown {
  if (!route.body) {
    if (text !== "") throw new AqlError(400, "a body where none is expected", 400);
    return undefined;
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new AqlError(600, "invalid JSON object", 400);
  }
  const checked = route.body.safeParse(body);
  if (!checked.success) throw new AqlError(10, `bad parameter: ${checked.error.message}`, 400);
  // As it came: a schema would drop an attribute called __proto__.
  return body;
}

const failure = (status: number, errorNum: number, errorMessage: string): Answer => ({
  status,
  body: { error: true, code: status, errorNum, errorMessage },
});

const respond = ({ status, body }: Answer): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": JSON_TYPE } });
