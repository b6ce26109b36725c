/** The endpoints of ArangoDB's HTTP API that the stand-in knows: method, path, parameters and body exactly as documented. */
import { z } from "@hono/zod-openapi";
import type { User } from "./access.ts";
import type { StandInDatabase } from "./database.ts";

export interface Asked {
  database: StandInDatabase;
  user: User;
  /** Parts of the path in its braces. */
  path: string[];
  search: Record<string, string>;
  body: never;
  /** The id in `x-arango-trx-id`. */
  transaction: string | undefined;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export interface Route {
  method: string;
  path: RegExp;
  search: readonly string[];
  body: z.ZodType | undefined;
  /** May name a transaction in its header. */
  inTransaction: boolean;
  run(asked: Asked): Answer;
}

interface Declared {
  search?: readonly string[];
  body?: z.ZodType;
  inTransaction?: true;
}

/** `/_api/user/{name}`. */
export function route(method: string, path: string, declared: Declared, run: Route["run"]): Route {
  const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
  const { search = [], body, inTransaction = false } = declared;
  return { ...{ method, path: pattern, search, body, inTransaction }, run };
}

const names = z.union([z.string(), z.array(z.string())]);

export const BODIES = {
  /** "Create a cursor". */
  cursor: z.strictObject({
    query: z.string(),
    bindVars: z.record(z.string(), z.unknown()).optional(),
    batchSize: z.int().min(1).optional(),
    count: z.boolean().optional(),
    memoryLimit: z.int().optional(),
    ttl: z.number().optional(),
    options: z
      .strictObject({
        fullCount: z.boolean().optional(),
        maxRuntime: z.number().optional(),
        failOnWarning: z.boolean().optional(),
        stream: z.boolean().optional(),
        intermediateCommitCount: z.int().optional(),
        intermediateCommitSize: z.int().optional(),
      })
      .optional(),
  }),
  /** "Begin a Stream Transaction". */
  begin: z.strictObject({
    collections: z.strictObject({ read: names.optional(), write: names.optional(), exclusive: names.optional() }),
    waitForSync: z.boolean().optional(),
    allowImplicit: z.boolean().optional(),
    lockTimeout: z.int().optional(),
    maxTransactionSize: z.int().optional(),
  }),
  /** "Create a database". */
  database: z.strictObject({
    name: z.string(),
    options: z
      .strictObject({
        sharding: z.enum(["", "flexible", "single"]).optional(),
        replicationFactor: z.union([z.int(), z.literal("satellite")]).optional(),
        writeConcern: z.int().optional(),
      })
      .optional(),
    users: z.array(z.unknown()).optional(),
  }),
  /** "Create a collection". */
  collection: z.strictObject({
    name: z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,255}$/),
    type: z.union([z.literal(2), z.literal(3)]).optional(),
    waitForSync: z.boolean().optional(),
    keyOptions: z.strictObject({ type: z.string().optional(), allowUserKeys: z.boolean().optional() }).optional(),
    numberOfShards: z.int().optional(),
    shardKeys: z.array(z.string()).optional(),
    replicationFactor: z.int().optional(),
    writeConcern: z.int().optional(),
  }),
  /** "Create a persistent index" and "Create a TTL index". */
  index: z.union([
    z.strictObject({
      type: z.literal("persistent"),
      name: z.string().optional(),
      fields: z.array(z.string()).min(1),
      unique: z.boolean().optional(),
      sparse: z.boolean().optional(),
      deduplicate: z.boolean().optional(),
      estimates: z.boolean().optional(),
      cacheEnabled: z.boolean().optional(),
      inBackground: z.boolean().optional(),
    }),
    z.strictObject({
      type: z.literal("ttl"),
      name: z.string().optional(),
      fields: z.array(z.string()).length(1),
      expireAfter: z.number(),
      inBackground: z.boolean().optional(),
    }),
  ]),
  /** "Create an arangosearch View". */
  view: z.strictObject({
    name: z.string(),
    type: z.literal("arangosearch"),
    links: z.record(z.string(), z.unknown()).optional(),
    commitIntervalMsec: z.int().optional(),
    consolidationIntervalMsec: z.int().optional(),
    cleanupIntervalStep: z.int().optional(),
  }),
  viewProperties: z.strictObject({
    links: z.record(z.string(), z.unknown()).optional(),
    commitIntervalMsec: z.int().optional(),
  }),
  /** "Create an Analyzer". */
  analyzer: z.strictObject({
    name: z.string(),
    type: z.literal("delimiter"),
    properties: z.strictObject({ delimiter: z.string() }),
    features: z.array(z.enum(["frequency", "norm", "position", "offset"])),
  }),
  /** "Create a graph". */
  graph: z.strictObject({
    name: z.string(),
    edgeDefinitions: z.array(edgeDefinition()),
    orphanCollections: z.array(z.string()).optional(),
    isSmart: z.boolean().optional(),
    isDisjoint: z.boolean().optional(),
    options: z.record(z.string(), z.unknown()).optional(),
  }),
  edgeDefinition: edgeDefinition(),
  user: z.strictObject({
    user: z.string().min(1),
    passwd: z.string().optional(),
    active: z.boolean().optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
  }),
  userData: z.strictObject({
    passwd: z.string().optional(),
    active: z.boolean().optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
  }),
  grant: z.strictObject({ grant: z.enum(["rw", "ro", "none"]) }),
};

function edgeDefinition() {
  return z.strictObject({ collection: z.string(), from: z.array(z.string()).min(1), to: z.array(z.string()).min(1) });
}

export const answer = (status: number, body: Record<string, unknown>): Answer => ({
  status,
  body: { error: false, code: status, ...body },
});
