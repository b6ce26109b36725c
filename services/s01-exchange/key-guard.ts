/** No entry is sent with a key that the exchange refuses; in live mode with none that can withdraw or is bound to no IP. */
import type { Market } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import { PAPER_KEY, type Surroundings } from "./types.ts";
import type { KeyRights } from "./venue-port.ts";

export class KeyGuard {
  private readonly around: Pick<Surroundings, "settings" | "raise">;
  private readonly ask: () => Promise<KeyRights>;
  private found: string | undefined = "The key has not been checked yet.";
  private readonly refusedOn = new Set<Market>();

  constructor(around: Pick<Surroundings, "settings" | "raise">, ask: () => Promise<KeyRights>) {
    this.around = around;
    this.ask = ask;
  }

  /** What forbids entries with this key, in words; on paper and testnet any key will do, but one there must be. */
  trouble(): string | undefined {
    const [refused] = this.refusedOn;
    return this.unfit() ?? (refused && refusedWords(refused));
  }

  private unfit(): string | undefined {
    const { mode, apiKey } = this.around.settings;
    if (mode !== "paper" && apiKey === PAPER_KEY) return "There is no exchange key: ./chimera keys set stores one.";
    return mode === "live" ? this.found : undefined;
  }

  /** As the exchange answers what is asked by the key; taken again, entries go on. */
  answered(market: Market, isTaken: boolean): void {
    if (isTaken) this.refusedOn.delete(market);
    else this.refusedOn.add(market);
  }

  /** Throws Problem FORBIDDEN. Exits need no permission: they only lower the risk. */
  refuseEntries(market: Market): void {
    const trouble = this.unfit() ?? (this.refusedOn.has(market) ? refusedWords(market) : undefined);
    if (trouble !== undefined) refuse("FORBIDDEN", trouble);
  }

  /** Asks the exchange what the key may do; throws when it does not answer. */
  async check(): Promise<void> {
    if (this.around.settings.mode !== "live") return;
    this.found = troubleOf(await this.ask());
    if (this.found !== undefined) this.around.raise("FATAL", "KEY_UNSAFE", this.found, "No entries are sent");
  }
}

const refusedWords = (market: Market): string => `The exchange refuses our key (${market}): ./chimera keys set.`;

function troubleOf({ canWithdraw, isIpBound }: KeyRights): string | undefined {
  if (canWithdraw === undefined || isIpBound === undefined) return "The exchange does not tell what the key may do.";
  if (canWithdraw) return "The key can withdraw: make one that cannot.";
  return isIpBound ? undefined : "The key is bound to no IP address: restrict it to this machine's.";
}
