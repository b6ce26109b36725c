/** Futures listen keys: one an account, good for an hour, extended by asking again; gone with a restart. */
import type { Random } from "../../../shared/kit/ports.ts";

const LISTEN_KEY_LIFE_MS = 60 * 60_000;
const LISTEN_KEY_BYTES = 32;

export class ListenKeys {
  private readonly byAccount = new Map<string, { key: string; until: number }>();
  private readonly random: Random;
  private readonly onClosed: (account: string) => void;

  /** `onClosed` hears whose key was closed by its account. */
  constructor(random: Random, onClosed: (account: string) => void = () => {}) {
    this.random = random;
    this.onClosed = onClosed;
  }

  /** The account's key, extended; a new one when there is none. */
  open(account: string, now: number): string {
    const known = this.byAccount.get(account);
    if (known && known.until > now) {
      known.until = now + LISTEN_KEY_LIFE_MS;
      return known.key;
    }
    const key = Buffer.from(this.random.bytes(LISTEN_KEY_BYTES)).toString("hex");
    this.byAccount.set(account, { key, until: now + LISTEN_KEY_LIFE_MS });
    return key;
  }

  /** False: there is none to extend. */
  extend(account: string, now: number): boolean {
    const known = this.byAccount.get(account);
    if (!known || known.until <= now) return false;
    known.until = now + LISTEN_KEY_LIFE_MS;
    return true;
  }

  close(account: string): void {
    if (this.byAccount.delete(account)) this.onClosed(account);
  }

  /** Whose key it is; nothing for one unknown or run out. */
  accountOf(key: string, now: number): string | undefined {
    for (const [account, known] of this.byAccount) {
      if (known.key === key && known.until > now) return account;
    }
    return undefined;
  }

  /** Drops keys that have run out and answers them with their accounts. */
  expire(now: number): { account: string; key: string }[] {
    const gone: { account: string; key: string }[] = [];
    for (const [account, known] of this.byAccount) {
      if (known.until > now) continue;
      this.byAccount.delete(account);
      gone.push({ account, key: known.key });
    }
    return gone;
  }
}
