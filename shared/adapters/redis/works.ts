/** What all lanes of a Redis bus share, and what they tell it. */
import type { Clock } from "../../kit/ports.ts";
import type { Dead, Retry } from "../embedded-bus/lane.ts";
import type { RedisConnection } from "./connection.ts";

/** What the bus mended after the server had lost something behind its back. */
export interface Healed {
  stream: string;
  group: string;
  /** `recreated`: the group was gone, and hears all that the stream holds. `missing`: entries it had not heard are gone. */
  what: "recreated" | "missing";
  /** How many are known to be missing. */
  count: number;
}

/** What all lanes of a bus share. */
export interface Works {
  connection: RedisConnection;
  clock: Clock;
  retry: Retry;
  leaseMs: number;
  freeze(event: unknown): void;
  onDead(dead: Dead): void;
  onHealed(healed: Healed): void;
  /** The bus's epoch as this process knows it. */
  epoch(): string;
  /** Something was lost that was there in this epoch. */
  onLost(since: string): void;
  onError(error: unknown): void;
}
