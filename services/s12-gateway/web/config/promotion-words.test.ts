import { describe, expect, test } from "bun:test";
import { MESSAGES, translator } from "../i18n/translate.ts";
import { modeText, promotionWords } from "./promotion-words.ts";
import { aPromotion, aTakenBack } from "./samples.ts";
import "./messages.ts";

const t = translator("en");
const told = (change: Parameters<typeof aPromotion>[0]) => promotionWords(t, "en", aPromotion(change));

describe("how a promotion stands in words", () => {
  test("under way: which revision decides how much until when, and what follows", () => {
    const [now, then] = told({});
    expect(now).toMatch(/^Revision 8 decides 10 % of the triggers until .+; the others stay with 7\.$/);
    expect(then).toContain("a ramp to half of the triggers follows by itself");
    expect(told({ afterwards: "HOLD" })[1]).toContain("belong to 7 again");
  });
  test("taken back: by itself or by hand, with the reason", () => {
    const [what, why] = promotionWords(t, "en", aTakenBack());
    expect(what).toContain("taken back by itself");
    expect(why).toContain("fell 26.1 USDT");
    expect(told({ status: "ABORTED", reason: "not now" })).toEqual([
      expect.stringContaining("ended before its time"),
      "Why: not now",
    ]);
  });
  test("for all there is no share", () => {
    const full = { ...aPromotion({ mode: "FULL", status: "DONE" }), traffic_pct: undefined };
    expect(promotionWords(t, "en", full)).toEqual(["Revision 8 is in force for all."]);
    expect(modeText(t, full)).toBe("Full");
    expect(modeText(t, aPromotion())).toBe("Canary at 10 %");
  });
  test("for all it tells its watch, and what becomes of it", () => {
    const watched = (state: "WATCHING" | "STOOD" | "ENDED") =>
      told({ mode: "FULL", status: "DONE", watch: { hours: 24, state, until: 1_795_086_400_000 } })[1];
    expect(watched("WATCHING")).toMatch(/^It is watched until .+: beyond its guardrails 7 comes back by itself\.$/);
    expect(watched("STOOD")).toBe("It stood to the end of its watch.");
    expect(watched("ENDED")).toContain("something else came into force");
  });
  test("every state is told in both languages", () => {
    for (const locale of Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]) {
      for (const status of ["PENDING", "ACTIVE", "DONE", "ROLLED_BACK", "ABORTED"] as const) {
        for (const mode of ["CANARY", "RAMP", "FULL", "ROLLBACK"] as const) {
          const lines = promotionWords(translator(locale), locale, aPromotion({ status, mode }));
          expect(lines.length).toBeGreaterThan(0);
          for (const line of lines) expect(line).not.toMatch(/[{}]|promotion\./);
        }
      }
    }
  });
});
