/** Arming live trading: what holds, who has armed it, and the end of it. */
import { z } from "@hono/zod-openapi";
import { Decimal } from "../../shared/domain/instrument.ts";
import { refuse } from "../../shared/errors.ts";
import { type Verb, verb } from "../../shared/kit/service.ts";
import { CheckItem, type ChecklistParts, checklist } from "./live-checklist.ts";
import type { LiveGuard } from "./live-guard.ts";

const LiveState = z.object({
  mode: z.enum(["paper", "testnet", "live"]),
  armed: z.object({ armed_at: z.number(), armed_by: z.string(), entered_usdt: Decimal }).optional(),
  /** The first day's cap on entries, USDT of notional, and until when. */
  capped: z.object({ entries_usdt_max: z.number(), until: z.number() }).optional(),
});

export function liveVerbs(guard: LiveGuard, parts: ChecklistParts & { settings: { liveFirstDayUsdtMax: number } }) {
  const { mode, liveFirstDayUsdtMax } = parts.settings;
  const state = (): z.output<typeof LiveState> => {
    const { armed, cappedUntil: until } = guard;
    return {
      mode,
      ...(armed && { armed }),
      ...(until !== undefined && { capped: { entries_usdt_max: liveFirstDayUsdtMax, until } }),
    };
  };
  return [
    verb({
      name: "getLive",
      summary: "Whether live trading is armed, and until when it is capped.",
      rest: "GET /xchg/live",
      input: z.object({}),
      output: LiveState,
      run: state,
    }),
    verb({
      name: "checkLive",
      summary: "What must hold before live trading is armed, each tried now.",
      rest: "GET /xchg/live/checklist",
      input: z.object({}),
      output: z.object({ items: z.array(CheckItem) }),
      run: async () => ({ items: await checklist(parts) }),
    }),
    verb({
      name: "armLive",
      summary: "Lets entries go out in live mode, once every check holds.",
      rest: "POST /xchg/live/arm",
      roles: ["risk", "admin"],
      care: "fresh",
      input: z.object({ reason: z.string().min(1).max(200) }),
      output: LiveState,
      second: ({ reason }) => (mode === "live" ? `Arm live trading: ${reason}` : undefined),
      async run({ reason }, { principal }) {
        if (principal.kind !== "person") refuse("FORBIDDEN", "Live trading is armed by a person.");
        if (mode !== "live") refuse("WRONG_STATE", `This installation is in ${mode} mode: there is nothing to arm.`);
        const failing = (await checklist(parts)).filter((item) => item.must && !item.ok);
        if (failing.length > 0) {
          const errors = failing.map(({ name, detail }) => ({ field: name, message: detail }));
          refuse("RULE", `${failing.length} checks do not hold: ./chimera doctor --live tells them.`, { errors });
        }
        await guard.arm(principal.id, reason, principal.second);
        return state();
      },
    }),
    verb({
      name: "disarmLive",
      summary: "Sends no more entries in live mode; exits and stops go on.",
      rest: "POST /xchg/live/disarm",
      roles: ["trader", "risk", "admin"],
      once: "body",
      input: z.object({ reason: z.string().min(1).max(200) }),
      output: LiveState,
      async run({ reason }, { principal }) {
        await guard.disarm(principal.id, reason);
        return state();
      },
    }),
  ] satisfies Verb[];
}
