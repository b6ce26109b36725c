/** Futures listen keys: one an API key, good for an hour, extended by asking again; gone with a restart. */
import type { Random } from "../../../shared/kit/ports.ts";

const LISTEN_KEY_LIFE_MS = 60 * 60_000;
const LISTEN_KEY_BYTES = 32;

interface ListenKey {
  readonly account: string;
  readonly key: string;
  until: number;
}

export class ListenKeys {
  private readonly byApiKey = new Map<string, ListenKey>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** The API key's listen key, extended; a new one when there is none. */
  open({ account, apiKey }: { account: string; apiKey: string }, now: number): string {
    if (this.extend(apiKey, now)) return this.byApiKey.get(apiKey)!.key;
    const key = Buffer.from(this.random.bytes(LISTEN_KEY_BYTES)).toString("hex");
    this.byApiKey.set(apiKey, { account, key, until: now + LISTEN_KEY_LIFE_MS });
    return key;
  }

  /** False: there is none to extend. */
  extend(apiKey: string, now: number): boolean {
    const known = this.byApiKey.get(apiKey);
    if (!known || known.until <= now) return false;
    known.until = now + LISTEN_KEY_LIFE_MS;
    return true;
  }

  /** Answers which it was, where there was one. */
  close(apiKey: string): string | undefined {
    const known = this.byApiKey.get(apiKey);
    this.byApiKey.delete(apiKey);
    return known?.key;
  }

  /** Whose key it is; nothing for one unknown or run out. */
  accountOf(key: string, now: number): string | undefined {
    for (const known of this.byApiKey.values()) {
      if (known.key === key && known.until > now) return known.account;
    }
    return undefined;
  }

  /** Drops those that have run out and answers them. */
  expire(now: number): string[] {
    const gone = [...this.byApiKey].filter(([, { until }]) => until <= now);
    for (const [apiKey] of gone) this.byApiKey.delete(apiKey);
    return gone.map(([, { key }]) => key);
  }
}
