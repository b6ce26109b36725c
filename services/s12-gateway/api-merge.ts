/** One OpenAPI document from those of all services: paths under the prefix, what they share once, services' own left out. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  required?: boolean;
  description?: string;
  schema?: Json;
  example?: Json;
}
export interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: Json;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description?: string; content?: Record<string, Media> }>;
  /** Which roles it takes. */
  "x-roles"?: string[];
  /** Whether a person must ask for it, or one who has just proved who they are; missing: neither. */
  "x-care"?: "person" | "fresh";
  /** Whether it may need a second person, which the request itself decides. */
  "x-second-person"?: true;
}
export interface Media {
  schema?: Json;
  example?: Json;
}
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string; "x-services-away"?: string[] };
  tags?: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components?: Record<string, Record<string, Json>>;
}
/** A service with its own document; none: it has not been read yet. */
export interface Source {
  name: string;
  title: string;
  document: ApiDocument | undefined;
}

export interface MergeParts {
  prefix: string;
  /** The name of the cookie that a sign-in sets. */
  cookie: string;
  /** What the gateway answers that no service documents. */
  own: ApiDocument["paths"];
}

const SERVICE_ONLY = "service only";
/** The version of the documented paths, not of the program. */
const API_VERSION = "1";
const ABOUT =
  "All services' paths at the gateway. Money, prices and quantities are decimal strings; times are milliseconds since 1970 (UTC).";

export const isForPeople = (operation: Operation): boolean => !operation.tags?.includes(SERVICE_ONLY);

/** Where two services document the same operation, the first one's stands, which is also the one that is asked. */
export function mergeApi(sources: readonly Source[], { prefix, cookie, own }: MergeParts): ApiDocument {
  const shared = createShared();
  const paths: ApiDocument["paths"] = {};
  for (const { name, document } of sources) {
    const renamed = shared.take(name, document?.components?.schemas ?? {});
    for (const [path, operations] of Object.entries(document?.paths ?? {})) {
      for (const [method, operation] of Object.entries(operations).filter(([, each]) => isForPeople(each))) {
        const at = paths[prefix + path] ?? {};
        paths[prefix + path] = at;
        at[method] ??= described(name, withRefs(operation as never, renamed) as never);
      }
    }
  }
  for (const [path, operations] of Object.entries(own)) paths[prefix + path] = operations;
  const responses = hoistProblems(paths);
  const away = sources.filter((source) => source.document === undefined).map((source) => source.name);
  return {
    openapi: "3.1.0",
    info: {
      title: "Chimera",
      version: API_VERSION,
      description: away.length > 0 ? `${ABOUT} Not complete: ${away.join(", ")} cannot be reached just now.` : ABOUT,
      ...(away.length > 0 && { "x-services-away": away }),
    },
    tags: sources.map(({ name, title }) => ({ name, description: title })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: shared.reachedFrom([paths as never, responses]),
      responses,
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: cookie },
      },
    },
  };
}

const described = (service: string, operation: Operation): Operation => ({
  ...operation,
  tags: [service],
  ...(operation.security !== undefined && { security: [{ token: [] }, { session: [] }] }),
});

const SCHEMAS = "#/components/schemas/";

/** Schemas by name; another of the same name, from a service of another version, gets that service's name too. */
function createShared() {
  const schemas = new Map<string, Json>();
  const nameIn = (service: string, name: string) => `${name}-${service}`;
  return {
    /** The new names of those that had to be renamed. */
    take(service: string, given: Record<string, Json>): Map<string, string> {
      const renamed = new Map<string, string>();
      for (let isNew = true; isNew; ) {
        isNew = false;
        for (const [name, schema] of Object.entries(given)) {
          const kept = schemas.get(name);
          if (kept === undefined || renamed.has(name)) continue;
          // One that refers to a renamed one is another too.
          if (JSON.stringify(kept) === JSON.stringify(withRefs(schema, renamed))) continue;
          renamed.set(name, nameIn(service, name));
          isNew = true;
        }
      }
      for (const [name, schema] of Object.entries(given)) {
        schemas.set(renamed.get(name) ?? name, withRefs(schema, renamed));
      }
      return renamed;
    },
    reachedFrom(roots: readonly Json[]): Record<string, Json> {
      const reached: Record<string, Json> = {};
      const visit = (value: Json): void => {
        for (const name of refsIn(value)) {
          const schema = schemas.get(name);
          if (schema === undefined || Object.hasOwn(reached, name)) continue;
          reached[name] = schema;
          visit(schema);
        }
      };
      roots.forEach(visit);
      return Object.fromEntries(Object.entries(reached).sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

function withRefs(value: Json, renamed: ReadonlyMap<string, string>): Json {
  if (renamed.size === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => withRefs(each, renamed));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const name = key === "$ref" && typeof each === "string" ? each.slice(SCHEMAS.length) : undefined;
      return [key, name === undefined ? withRefs(each, renamed) : SCHEMAS + (renamed.get(name) ?? name)];
    }),
  );
}

const refsIn = (value: Json): string[] =>
  [...JSON.stringify(value).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] as string);

/** The answers that every operation has alike are said once. */
function hoistProblems(paths: ApiDocument["paths"]): Record<string, Json> {
  const hoisted: Record<string, Json> = {};
  for (const operation of Object.values(paths).flatMap((operations) => Object.values(operations))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const name = `Problem${status}`;
      if (!response.content?.["application/problem+json"]) continue;
      hoisted[name] ??= response as Json;
      if (JSON.stringify(hoisted[name]) !== JSON.stringify(response)) continue;
      operation.responses = { ...operation.responses, [status]: { $ref: `#/components/responses/${name}` } as never };
    }
  }
  return hoisted;
}
