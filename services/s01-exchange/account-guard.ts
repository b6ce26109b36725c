/** No futures entry is sent while the account is set up in a way that S1's one-way, per-asset view would misread. */
import type { Market } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import type { Surroundings } from "./types.ts";
import type { AccountMode } from "./venue-port.ts";

export class AccountGuard {
  private readonly raise: Surroundings["raise"];
  private readonly ask: () => Promise<AccountMode | undefined>;
  private found: string | undefined;

  constructor({ raise }: Pick<Surroundings, "raise">, ask: () => Promise<AccountMode | undefined>) {
    this.raise = raise;
    this.ask = ask;
  }

  /** What forbids futures entries, in words, as last asked. */
  trouble(): string | undefined {
    return this.found;
  }

  /** Throws Problem FORBIDDEN. Exits are sent all the same: the exchange refuses those that it cannot place. */
  refuseEntries(market: Market): void {
    if (market === "FUT" && this.found !== undefined) refuse("FORBIDDEN", this.found);
  }

  /** Asks the exchange how the account is set up; throws when it does not answer. */
  async check(): Promise<void> {
    const before = this.found;
    this.found = troubleOf(await this.ask());
    if (this.found === before) return;
    if (this.found !== undefined) this.raise("ERROR", "ACCOUNT_MODE", this.found, "No futures entries are sent");
    else this.raise("INFO", "ACCOUNT_MODE_FIT", "The futures account is one-way and single-asset again");
  }
}

function troubleOf(mode: AccountMode | undefined): string | undefined {
  if (mode?.isHedged) return "The futures account is in hedge mode: set its position mode to one-way.";
  return mode?.isMultiAsset ? "The futures account is in multi-assets mode: set it to single-asset." : undefined;
}
