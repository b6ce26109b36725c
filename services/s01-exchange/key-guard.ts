/** In live mode no entry is sent with a key that can withdraw or is bound to no IP address. */
import { refuse } from "../../shared/errors.ts";
import { PAPER_KEY, type Surroundings } from "./types.ts";
import type { KeyRights } from "./venue-port.ts";

export class KeyGuard {
  private readonly around: Pick<Surroundings, "settings" | "raise">;
  private readonly ask: () => Promise<KeyRights>;
  private found: string | undefined = "The key has not been checked yet.";

  constructor(around: Pick<Surroundings, "settings" | "raise">, ask: () => Promise<KeyRights>) {
    this.around = around;
    this.ask = ask;
  }

  /** What forbids entries with this key, in words; on paper and testnet any key will do, but one there must be. */
  trouble(): string | undefined {
    const { mode, apiKey } = this.around.settings;
    if (mode !== "paper" && apiKey === PAPER_KEY) return "There is no exchange key: ./chimera keys set stores one.";
    return this.around.settings.mode === "live" ? this.found : undefined;
  }

  /** Throws Problem FORBIDDEN. Exits need no permission: they only lower the risk. */
  refuseEntries(): void {
    const trouble = this.trouble();
    if (trouble !== undefined) refuse("FORBIDDEN", trouble);
  }

  /** Asks the exchange what the key may do; throws when it does not answer. */
  async check(): Promise<void> {
    if (this.around.settings.mode !== "live") return;
    this.found = troubleOf(await this.ask());
    if (this.found !== undefined) this.around.raise("FATAL", "KEY_UNSAFE", this.found, "No entries are sent");
  }
}

function troubleOf({ canWithdraw, isIpBound }: KeyRights): string | undefined {
  if (canWithdraw === undefined || isIpBound === undefined) return "The exchange does not tell what the key may do.";
  if (canWithdraw) return "The key can withdraw: make one that cannot.";
  return isIpBound ? undefined : "The key is bound to no IP address: restrict it to this machine's.";
}
