/** Switching API keys off and on: what a key that is off asks for is refused, and what listened by it hears nothing. */
import type { Exchange } from "../../shared/engine/exchange.ts";
import { fingerprint } from "./binance/keys.ts";
import type { ListenKeys } from "./binance/listen-keys.ts";
import type { SessionSide } from "./sessions.ts";
import type { UserStreams } from "./user-streams.ts";

export interface KeySwitchParts {
  readonly exchange: Exchange;
  readonly listenKeys: ListenKeys;
  readonly users: UserStreams;
  readonly sessions: Iterable<SessionSide>;
  /** Whole epoch ms. */
  now(): number;
}

/** It is in the journal, so that it holds after a restart and what came after it can be told from what came before. */
export function switchKey({ exchange, listenKeys, users, sessions, now }: KeySwitchParts, key: string, on: boolean) {
  const print = fingerprint(key);
  if (exchange.state.keysOff.has(print) !== on) return;
  exchange.run(now(), () => exchange.record({ fact: "key_switched", key: print, on }));
  if (on) return;
  const listenKey = listenKeys.close(key);
  if (listenKey !== undefined) endListening(users, listenKey, now());
  for (const session of [...sessions]) session.keyEnded?.(key);
}

/** Who listens by a listen key is told that it has run out. */
export const endListening = (users: UserStreams, listenKey: string, now: number): void =>
  users.end(listenKey, JSON.stringify({ e: "listenKeyExpired", E: now, listenKey }));
