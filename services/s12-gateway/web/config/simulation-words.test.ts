import { describe, expect, test } from "bun:test";
import { MESSAGES, translator } from "../i18n/translate.ts";
import { aReplay, aSimulation } from "./samples.ts";
import { effectThatCounts, simulationWords } from "./simulation-words.ts";
import "./messages.ts";

const t = translator("en");

describe("what a simulation says", () => {
  test("the effect of most labels comes first, with its interval", () => {
    const [first, opened] = simulationWords(t, aSimulation());
    expect(first).toStartWith("By 12 h labels the difference is +14.20 USDT; from");
    expect(opened).toContain("Of 4,210 signals both would open 612; only the one in force 143, only the one tried 57.");
  });
  test("sure is only what lies beyond zero as a whole, and too few labels are told", () => {
    const [half, day, few] = aSimulation().approx_effect!;
    const said = (effect: typeof half) => simulationWords(t, aSimulation({ approx_effect: [effect!] }))[0];
    expect(said(half)).toContain("may well be chance");
    expect(said(day)).toContain("surely have earned more");
    expect(said({ ...day!, difference_usdt: -9, interval_usdt: [-20, -1] })).toContain("surely have earned less");
    expect(said(few)).toContain("too few labels");
  });
  test("without a label there is no effect, of a replay the difference is told", () => {
    const none = aSimulation().approx_effect!.map((effect) => ({ ...effect, labelled: 0 }));
    expect(effectThatCounts(none)).toBeUndefined();
    expect(simulationWords(t, aSimulation({ approx_effect: none }))[0]).toContain("has a label yet");
    expect(simulationWords(t, aReplay())[0]).toContain("+209.50 USDT");
    expect(simulationWords(t, { ...aSimulation(), summary: undefined, approx_effect: undefined })).toHaveLength(2);
  });
  test("gates that fail are told, and every word is there in both languages", () => {
    const [dry, robust] = aSimulation().bounds_guard!;
    const failed = simulationWords(t, aSimulation({ bounds_guard: [{ ...dry!, state: "FAILED" }, robust!] }));
    expect(failed.at(-1)).toBe("Gates that would stand in its way: 1.");
    for (const locale of Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]) {
      for (const line of simulationWords(translator(locale), aSimulation()))
        expect(line).not.toMatch(/[{}]|simulation\./);
    }
  });
});
