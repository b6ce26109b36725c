/** Databases, collections, indexes, views, analyzers, graphs, users and what they may, over HTTP. */
import { databaseLevel, type Level, mayAdminister, newUser, SYSTEM, type User } from "./access.ts";
import { AqlError } from "./aql-error.ts";
import type { Document } from "./aql-values.ts";
import { newDatabase, type StandInDatabase } from "./database.ts";
import { newCollection } from "./documents.ts";
import { type Answer, type Asked, answer, BODIES, type Route, route } from "./routes.ts";

export interface Structure {
  databases: Map<string, StandInDatabase>;
  users: Map<string, User>;
  /** What kind of deployment this is. */
  role: "SINGLE" | "COORDINATOR";
  license: "community" | "enterprise";
  version: string;
  /** Whether OneShard databases can be made. */
  hasOneShard: boolean;
}

const duplicate = (name: string): never => {
  throw new AqlError(1207, `duplicate name: ${name}`, 409);
};
const missing = (what: string): never => {
  throw new AqlError(1203, `${what} not found`);
};

export function structureRoutes(structure: Structure): Route[] {
  const administer = (run: Route["run"]) => (asked: Asked) => {
    mayAdminister(asked.user, asked.database.name);
    return run(asked);
  };
  return [
    route("GET", "/_api/version", { search: ["details"] }, () =>
      answer(200, { server: "arango", version: structure.version, license: structure.license, details: {} }),
    ),
    route("GET", "/_admin/server/role", {}, () => answer(200, { errorNum: 0, role: structure.role })),
    ...databaseRoutes(structure),
    route("GET", "/_api/collection", { search: ["excludeSystem"] }, ({ database }) =>
      answer(200, { result: [...database.collections.values()].map(describe) }),
    ),
    route("POST", "/_api/collection", { body: BODIES.collection }, administer(createCollection)),
    route("GET", "/_api/index", { search: ["collection"] }, ({ database, search }) =>
      answer(200, { indexes: database.indexes.get(search.collection!) ?? missing("collection") }),
    ),
    route("POST", "/_api/index", { search: ["collection"], body: BODIES.index }, administer(createIndex)),
    ...searchRoutes(administer),
    ...graphRoutes(administer),
    ...userRoutes(structure),
  ];
}

function databaseRoutes({ databases, role, hasOneShard }: Structure): Route[] {
  const inSystem = ({ database, user }: Asked) => {
    if (database.name !== SYSTEM) throw new AqlError(1230, "operation only allowed in system database", 403);
    mayAdminister(user, SYSTEM);
  };
  return [
    route("GET", "/_api/database/current", {}, ({ database: { name, options } }) =>
      answer(200, {
        result: { name, id: "1", path: "", isSystem: name === SYSTEM, ...(role !== "SINGLE" && options) },
      }),
    ),
    route("GET", "/_api/database", {}, (asked) => {
      inSystem(asked);
      return answer(200, { result: [...databases.keys()] });
    }),
    route("POST", "/_api/database", { body: BODIES.database }, (asked) => {
      inSystem(asked);
      const { name, options = {} } = asked.body as { name: string; options?: Document };
      if (databases.has(name)) duplicate(name);
      const sharding = options.sharding === "single" && !hasOneShard ? "flexible" : (options.sharding ?? "flexible");
      databases.set(name, newDatabase(name, { ...options, sharding }, databases.get(SYSTEM)?.compareTexts));
      return answer(201, { result: true });
    }),
    route("DELETE", "/_api/database/{name}", {}, (asked) => {
      inSystem(asked);
      if (!databases.delete(asked.path[0]!)) throw new AqlError(1228, "database not found");
      return answer(200, { result: true });
    }),
  ];
}

const describe = ({ name, isEdges }: { name: string; isEdges: boolean }) => ({
  ...{ id: name, name, status: 3, type: isEdges ? 3 : 2, isSystem: false },
});

function createCollection({ database, body }: Asked): Answer {
  const { name, type = 2 } = body as { name: string; type?: number };
  if (database.collections.has(name) || database.views.has(name)) duplicate(name);
  const collection = newCollection(name, type === 3);
  database.collections.set(name, collection);
  const primary = { id: `${name}/0`, type: "primary", name: "primary", fields: ["_key"], unique: true, sparse: false };
  const edge = { id: `${name}/1`, type: "edge", name: "edge", fields: ["_from", "_to"], unique: false, sparse: false };
  database.indexes.set(name, type === 3 ? [primary, edge] : [primary]);
  return answer(200, describe(collection));
}

function createIndex({ database, search, body }: Asked): Answer {
  const indexes = database.indexes.get(search.collection!) ?? missing("collection");
  const asked = body as Document;
  const same = indexes.find((each) => each.type === asked.type && String(each.fields) === String(asked.fields));
  if (same) return answer(200, { ...same, isNewlyCreated: false });
  if (indexes.some((each) => each.name === asked.name)) duplicate(String(asked.name));
  const index = { id: `${search.collection}/${indexes.length}`, unique: false, sparse: false, ...asked };
  indexes.push(index);
  return answer(201, { ...index, isNewlyCreated: true });
}

type Administer = (run: Route["run"]) => Route["run"];

function searchRoutes(administer: Administer): Route[] {
  const viewOf = ({ database, path }: Asked): Document => database.views.get(path[0]!) ?? missing("view");
  const checkLinks = (database: StandInDatabase, links: unknown) => {
    for (const name of Object.keys((links ?? {}) as Document)) {
      if (!database.collections.has(name)) missing(`collection ${name}`);
    }
  };
  return [
    route("GET", "/_api/view", {}, ({ database }) =>
      answer(200, {
        result: [...database.views.values()].map(({ name, type }) => ({ id: name!, name: name!, type: type! })),
      }),
    ),
    route("GET", "/_api/view/{name}/properties", {}, (asked) => answer(200, viewOf(asked))),
    route(
      "POST",
      "/_api/view",
      { body: BODIES.view },
      administer(({ database, body }) => {
        const view = body as Document;
        const name = String(view.name);
        if (database.views.has(name) || database.collections.has(name)) duplicate(name);
        checkLinks(database, view.links);
        database.views.set(name, view);
        return answer(201, view);
      }),
    ),
    route(
      "PATCH",
      "/_api/view/{name}/properties",
      { body: BODIES.viewProperties },
      administer((asked) => {
        const { links, ...rest } = asked.body as Document;
        checkLinks(asked.database, links);
        const view = viewOf(asked);
        Object.assign(view, rest, { links: { ...(view.links as Document), ...(links as Document) } });
        return answer(200, view);
      }),
    ),
    route("GET", "/_api/analyzer/{name}", {}, ({ database, path }) => {
      const found = database.analyzers.get(path[0]!);
      if (!found) throw new AqlError(1202, "no such analyzer");
      return answer(200, found);
    }),
    route(
      "POST",
      "/_api/analyzer",
      { body: BODIES.analyzer },
      administer(({ database, body }) => {
        const analyzer = body as Document;
        const known = database.analyzers.get(String(analyzer.name));
        if (known && JSON.stringify(known) !== JSON.stringify(analyzer)) throw new AqlError(10, "it is another", 400);
        database.analyzers.set(String(analyzer.name), analyzer);
        return answer(known ? 200 : 201, analyzer);
      }),
    ),
  ];
}

function graphRoutes(administer: Administer): Route[] {
  const graphOf = ({ database, path }: Asked): Document => {
    const found = database.graphs.get(path[0]!);
    if (!found) throw new AqlError(1924, "graph not found");
    return found;
  };
  const definitions = (graph: Document) => graph.edgeDefinitions as Document[];
  return [
    route("GET", "/_api/gharial/{graph}", {}, (asked) => answer(200, { graph: graphOf(asked) })),
    route(
      "POST",
      "/_api/gharial",
      { body: BODIES.graph },
      administer(({ database, body }) => {
        const graph = body as Document;
        if (database.graphs.has(String(graph.name))) throw new AqlError(1925, "graph already exists", 409);
        database.graphs.set(String(graph.name), graph);
        return answer(202, { graph });
      }),
    ),
    route(
      "POST",
      "/_api/gharial/{graph}/edge",
      { body: BODIES.edgeDefinition },
      administer((asked) => {
        const graph = graphOf(asked);
        const added = asked.body as Document;
        if (definitions(graph).some((each) => each.collection === added.collection)) {
          throw new AqlError(1920, "collection used in edge definitions already", 400);
        }
        definitions(graph).push(added);
        return answer(202, { graph });
      }),
    ),
    route(
      "PUT",
      "/_api/gharial/{graph}/edge/{collection}",
      { body: BODIES.edgeDefinition },
      administer((asked) => {
        const graph = graphOf(asked);
        const at = definitions(graph).findIndex((each) => each.collection === asked.path[1]);
        if (at < 0) throw new AqlError(1930, "edge collection not used in graph", 404);
        definitions(graph)[at] = asked.body as Document;
        return answer(202, { graph });
      }),
    ),
  ];
}

function userRoutes({ users }: Structure): Route[] {
  const asRoot = (run: Route["run"]) => (asked: Asked) => {
    if (databaseLevel(asked.user, SYSTEM) !== "rw") throw new AqlError(11, "forbidden", 403);
    return run(asked);
  };
  const userOf = ({ path }: Asked): User => {
    const found = users.get(path[0]!);
    if (!found) throw new AqlError(1703, "user not found", 404);
    return found;
  };
  const grantOf = ({ body }: Asked) => (body as { grant: Level }).grant;
  const shown = ({ name, active }: User) => ({ user: name, active, extra: {} });
  return [
    route(
      "GET",
      "/_api/user/{user}",
      {},
      asRoot((asked) => answer(200, shown(userOf(asked)))),
    ),
    route(
      "POST",
      "/_api/user",
      { body: BODIES.user },
      asRoot(({ body }) => {
        const { user, passwd = "", active = true } = body as { user: string; passwd?: string; active?: boolean };
        if (users.has(user)) throw new AqlError(1702, "duplicate user", 409);
        users.set(user, { ...newUser(user, passwd), active });
        return answer(201, { user, active, extra: {} });
      }),
    ),
    route(
      "PATCH",
      "/_api/user/{user}",
      { body: BODIES.userData },
      asRoot((asked) => {
        const { passwd, active } = asked.body as { passwd?: string; active?: boolean };
        const user = userOf(asked);
        Object.assign(user, passwd !== undefined && { password: passwd }, active !== undefined && { active });
        return answer(200, shown(user));
      }),
    ),
    route(
      "PUT",
      "/_api/user/{user}/database/{database}",
      { body: BODIES.grant },
      asRoot((asked) => {
        userOf(asked).databases.set(asked.path[1]!, grantOf(asked));
        return answer(200, { [asked.path[1]!]: grantOf(asked) });
      }),
    ),
    route(
      "PUT",
      "/_api/user/{user}/database/{database}/{collection}",
      { body: BODIES.grant },
      asRoot((asked) => {
        const [, database, collection] = asked.path as [string, string, string];
        const levels = userOf(asked).collections.get(database) ?? new Map<string, Level>();
        userOf(asked).collections.set(database, levels.set(collection, grantOf(asked)));
        return answer(200, { [`${database}/${collection}`]: grantOf(asked) });
      }),
    ),
    route(
      "GET",
      "/_api/user/{user}/database",
      { search: ["full"] },
      asRoot((asked) => {
        const { databases, collections } = userOf(asked);
        const named = [...new Set([...databases.keys(), ...collections.keys()])];
        const result = named.map((name): [string, unknown] => {
          const levels = Object.fromEntries(collections.get(name) ?? []);
          return [name, { permission: databases.get(name) ?? "undefined", collections: levels }];
        });
        return answer(200, { result: Object.fromEntries(result) });
      }),
    ),
  ];
}
