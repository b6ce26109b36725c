/** What services say in English, in Traditional Chinese: a file of its own, which comes when that language is chosen. */
import phrases from "./phrases.zh-TW.json" with { type: "json" };

export const PHRASES_ZH_TW: Readonly<Record<string, string>> = phrases;
