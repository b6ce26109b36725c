/** The head of an owner's shard: one small document that every write replaces, which makes it fence, order and count. */
import { Problem, refuse } from "../../errors.ts";
import type { ServiceId } from "../../kit/ports.ts";
import { Binder, type Statement } from "./aql.ts";
import { Fault } from "./faults.ts";
import { headsOf } from "./names.ts";
import type { Server } from "./server.ts";

export const FORMAT = 1;

/** What an installation is bound to, so that two never write one database. */
export interface ArangoOrigin {
  mode: string;
  venue: string;
  account: string;
  /** How many shards the owner's documents lie in. */
  shards: number;
}

export interface Head {
  _key: string;
  /** ArangoDB's: changes with every write. Whoever replaces the head says which one it knows. */
  _rev?: string;
  format: number;
  /** The lease by which the shard is written; one without a lease takes the next number. */
  fence: number;
  /** Counts the groups of commits: after a lost answer it tells whether a group took effect. */
  group: number;
  /** The number of the next outbox entry. */
  next: number;
  /** The first number of this opening. */
  opened: number;
  /** All outbox entries up to this number are told. */
  told: number;
  epoch?: string;
  /** How many events of each counted family have been committed. */
  counts: Record<string, number>;
  /** It is being filled with what another store dumped, or that was broken off. */
  loading?: true;
  origin?: ArangoOrigin;
}

export interface ClaimOptions {
  server: Server;
  owner: ServiceId;
  shard?: number | undefined;
  /** The lease's number. */
  fence?: number | undefined;
  origin?: ArangoOrigin | undefined;
  now(): number;
}

const CLAIM_MS_MAX = 20_000;
const CLAIM_PAUSE_MS = 50;

const keyOfHead = (shard: number | undefined): string => String(shard ?? 0);

export const readingHead = (owner: ServiceId, shard?: number): Statement => {
  const bind = new Binder();
  return bind.statement(
    `FOR h IN ${bind.collection(headsOf(owner))}`,
    `FILTER h._key == ${bind.value(keyOfHead(shard))}`,
    "RETURN h",
  );
};

export const insertingHead = (owner: ServiceId, head: Head): Statement => {
  const bind = new Binder();
  const document = bind.value(head);
  return bind.statement(`INSERT ${document} INTO ${bind.collection(headsOf(owner))}`, "RETURN NEW._rev");
};

/** Refused by ArangoDB with a conflict when the head is not the one we know: `ignoreRevs: false`. */
export const replacingHead = (owner: ServiceId, head: Head): Statement => {
  const bind = new Binder();
  const document = bind.value(head);
  const heads = bind.collection(headsOf(owner));
  return bind.statement(`REPLACE ${document} IN ${heads}`, "OPTIONS { ignoreRevs: false }", "RETURN NEW._rev");
};

export async function readHead(server: Server, owner: ServiceId, shard?: number): Promise<Head | undefined> {
  return (await server.read<Head>(readingHead(owner, shard)))[0];
}

/**
 * Takes the shard over, or makes its head; whoever had it before can write no more. Throws Problem FENCED when a newer
 * holder has had it, UNAVAILABLE when it belongs to another installation.
 */
export async function claimHead(options: ClaimOptions): Promise<Head> {
  const { server, owner, shard } = options;
  const deadline = Date.now() + CLAIM_MS_MAX;
  for (let tries = 1; ; tries++) {
    const stored = await readHead(server, owner, shard);
    const head = claimed(stored, options);
    try {
      const statement = stored ? replacingHead(owner, head) : insertingHead(owner, head);
      const [rev] = await server.query<string>(statement);
      return { ...head, _rev: rev! };
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== "conflict" || Date.now() > deadline) throw error;
      // A holder that died in the middle of a commit has the head locked until its transaction is given up.
      if (tries >= 2) await abandonRunning(server);
      await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
    }
  }
}

function claimed(stored: Head | undefined, { owner, shard, fence, origin, now }: ClaimOptions): Head {
  if (stored && stored.format !== FORMAT) {
    refuse("UNAVAILABLE", `The store's format is ${stored.format}; this version reads ${FORMAT}.`);
  }
  if (stored && fence !== undefined && stored.fence > fence) fenced(owner, stored.fence, fence);
  if (stored?.origin && origin) checkOrigin(owner, stored.origin, origin);
  const clock = Math.floor(now() * 1_024);
  // As in SQLite: ids start from the time of opening, and far above all used before where the clock was set back.
  const last = Math.max(stored?.opened ?? 0, stored?.next ?? 0);
  const opened = clock > last ? clock : last + 2 ** 32;
  const kept = stored ?? { _key: keyOfHead(shard), group: 0, told: 0, counts: {} };
  return {
    ...kept,
    format: FORMAT,
    fence: fence ?? (stored?.fence ?? 0) + 1,
    next: opened,
    opened,
    ...(origin && { origin }),
  };
}

function checkOrigin(owner: ServiceId, kept: ArangoOrigin, ours: ArangoOrigin): void {
  for (const part of ["mode", "venue", "account", "shards"] as const) {
    if (kept[part] === ours[part]) continue;
    refuse(
      "UNAVAILABLE",
      `${owner}'s documents in this database belong to ${part} ${JSON.stringify(kept[part])}, not ` +
        `${JSON.stringify(ours[part])}. Name another database with CHIMERA_ARANGO_DATABASE.`,
    );
  }
}

/** The user's own transactions; one that another shard of the same owner has running is begun again by it. */
async function abandonRunning(server: Server): Promise<void> {
  for (const id of await server.running()) await server.abort(id).catch(() => {});
}

export function fenced(owner: ServiceId, stored: number | undefined, ours: number): never {
  throw new Problem("FENCED", `${owner}'s store was passed on: its fence is ${stored}, the caller's ${ours}.`);
}
