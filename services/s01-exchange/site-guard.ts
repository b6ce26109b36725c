/** A site that another one has taken over from sends no entries: whoever backs it up found that out and left word. */
import { refuse } from "../../shared/errors.ts";
import { SITE_REPLACED } from "../../shared/keys.ts";
import type { Blobs } from "../../shared/kit/ports.ts";
import type { Surroundings } from "./types.ts";

export class SiteGuard {
  private readonly around: Pick<Surroundings, "log" | "raise">;
  private readonly blobs: Pick<Blobs, "get">;
  private found: string | undefined;

  constructor(around: Pick<Surroundings, "log" | "raise">, blobs: Pick<Blobs, "get">) {
    this.around = around;
    this.blobs = blobs;
  }

  /** What forbids entries here, in words. */
  trouble(): string | undefined {
    return this.found;
  }

  /** Throws Problem FORBIDDEN. */
  refuseEntries(): void {
    if (this.found !== undefined) refuse("FORBIDDEN", this.found);
  }

  /** Looks for the word; blobs that are away leave it at what was known. */
  async look(): Promise<void> {
    const word = await this.blobs.get(SITE_REPLACED).catch((error: unknown) => {
      this.around.log.debug("Nobody knows whether another site has taken over", { error: String(error) });
      return undefined;
    });
    if (word === undefined || this.found !== undefined) return;
    this.found = `Another site has taken over: ${new TextDecoder().decode(word)}`;
    this.around.raise("FATAL", "SITE_REPLACED", this.found, "No entries are sent");
  }
}
