/** Texts in the person's language, from the message files. */
import { createContext, useContext } from "react";
import type { Locale } from "../state/prefs.ts";
import type configEn from "./config.en.json";
import en from "./en.json" with { type: "json" };
import { type Phrases, phraseReader } from "./phrases.ts";
import type researchEn from "./research.en.json";
import type watchEn from "./watch.en.json";
import zhTW from "./zh-TW.json" with { type: "json" };

export type MessageKey = keyof typeof en | keyof typeof configEn | keyof typeof researchEn | keyof typeof watchEn;
export type Params = Readonly<Record<string, string | number>>;
/** `t("age.s", { value })`: the text with `{value}` filled in. */
export interface Translate {
  (key: MessageKey, params?: Params): string;
  /** What a service told as an English sentence; as it is where no form of the language fits. */
  say(told: string): string;
}

export const MESSAGES: Record<Locale, Record<string, string>> = { en: { ...en }, "zh-TW": { ...zhTW } };
/** Messages of pages that are not part of the first load: they come with their code. */
export function addMessages(more: Readonly<Record<Locale, Readonly<Record<string, string>>>>): void {
  for (const locale of Object.keys(more) as Locale[]) Object.assign(MESSAGES[locale], more[locale]);
}

export function translator(locale: Locale, phrases?: Phrases): Translate {
  const messages = MESSAGES[locale];
  const read = phrases && phraseReader(phrases, (key) => messages[key]);
  const t = (key: MessageKey, params?: Params): string => {
    const text = messages[key] ?? MESSAGES.en[key] ?? key;
    return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;
  };
  return Object.assign(t, { say: (told: string) => read?.(told).text ?? told });
}

/** A code the system made (`spread_bps`, `reason.…`): its text if there is one, else the code in readable form. */
export function codeText(t: Translate, group: string, code: string): string {
  const key = [`${group}.${code}`, `${group}.${code.toLowerCase()}`].find((known) => known in MESSAGES.en);
  return key ? t(key as MessageKey) : code.replaceAll("_", " ").replaceAll("-", " ");
}

export const TextContext = createContext<{ t: Translate; locale: Locale }>({ t: translator("en"), locale: "en" });
export const useText = () => useContext(TextContext);
