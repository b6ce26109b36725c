/** In live mode no entry is sent with a key that can withdraw or is bound to no IP address. */
import { z } from "@hono/zod-openapi";
import { refuse } from "../../shared/errors.ts";
import type { Rest } from "./binance/rest.ts";
import type { Surroundings } from "./types.ts";

const Rights = z.looseObject({ ipRestrict: z.boolean(), enableWithdrawals: z.boolean() });

export class KeyGuard {
  private readonly around: Pick<Surroundings, "settings" | "raise">;
  private readonly spot: Rest;
  private found: string | undefined = "The key has not been checked yet.";

  constructor(around: Pick<Surroundings, "settings" | "raise">, spot: Rest) {
    this.around = around;
    this.spot = spot;
  }

  /** What forbids entries with this key, in words; always nothing outside live mode. */
  trouble(): string | undefined {
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
    const body = await this.spot.call("GET", "/sapi/v1/account/apiRestrictions", {}, { auth: "signed", urgent: true });
    const rights = Rights.parse(body);
    this.found = rights.enableWithdrawals
      ? "The key can withdraw: make one that cannot."
      : rights.ipRestrict
        ? undefined
        : "The key is bound to no IP address: restrict it to this machine's.";
    if (this.found !== undefined) this.around.raise("FATAL", "KEY_UNSAFE", this.found, "No entries are sent");
  }
}
