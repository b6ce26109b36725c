/** What a standby keeps in its data folder: a mirror of the newest backup, how far it has come, and a key of its own. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "@hono/zod-openapi";

const State = z.object({
  /** `promoted`: it is an installation like any other from then on. */
  status: z.enum(["following", "promoting", "promoted"]),
  /** Where the backups of the site that it follows lie. */
  from: z.string(),
  /** The newest backup that is here whole. */
  backup_id: z.string().optional(),
  /** Epoch ms: what was committed there before is here. */
  as_of: z.number().optional(),
  /** Epoch ms of the last round that looked, and of the last one that failed with why. */
  looked_at: z.number().optional(),
  failed: z.object({ at: z.number(), why: z.string() }).optional(),
  /** The followed site's exchange key, by its fingerprint, and the markets whose exchange took it when asked from here. */
  rehearsed: z.object({ key: z.string(), markets: z.array(z.enum(["SPOT", "FUT"])), at: z.number() }).optional(),
  /** Of the promotion that was begun here last. */
  promotion: z.string().optional(),
});
export type StandbyState = z.output<typeof State>;

export interface StandbyFolder {
  data: string;
  /** Backups, as they lie at the followed site's place. */
  mirror: string;
  /** Of its own exchange key: kept apart until it is promoted. */
  own: string;
}

export function standbyFolder(data: string): StandbyFolder {
  const path = resolve(data);
  return { data: path, mirror: join(path, "standby", "backups"), own: join(path, "standby") };
}

const stateFile = ({ own }: StandbyFolder): string => join(own, "state.json");

/** Undefined where no standby is. */
export function stateOf(folder: StandbyFolder): StandbyState | undefined {
  const file = stateFile(folder);
  return existsSync(file) ? State.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}

export function keepState(folder: StandbyFolder, state: StandbyState): void {
  mkdirSync(join(folder.own, "keys"), { recursive: true, mode: 0o700 });
  const unfinished = `${stateFile(folder)}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, stateFile(folder));
}

/** How old the newest that is here is, ms; undefined before the first round. */
export const lagMs = ({ as_of }: StandbyState, now: number): number | undefined =>
  as_of === undefined ? undefined : Math.max(0, now - as_of);
