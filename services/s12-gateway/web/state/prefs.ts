/** How a person likes the page, kept in this browser. */
import { createStore } from "./store.ts";

export const THEMES = ["dark", "light"] as const;
export const LOCALES = ["en", "zh-TW"] as const;
/** Colour of up and of down; East Asian markets read red as up. */
export const COLOURS = ["green-red", "red-green", "blue-orange"] as const;
export const MOTIONS = ["on", "off"] as const;

export interface Prefs {
  readonly theme: (typeof THEMES)[number];
  readonly locale: (typeof LOCALES)[number];
  readonly colours: (typeof COLOURS)[number];
  readonly motion: (typeof MOTIONS)[number];
}
export type Locale = Prefs["locale"];

const KEPT_AS = "chimera.prefs";

const oneOf = <T extends string>(values: readonly T[], value: unknown, otherwise: T): T =>
  values.includes(value as T) ? (value as T) : otherwise;

/** Kept text may be from another version or broken: each preference is checked alone. */
export function readPrefs(kept: string | null, otherwise: Prefs): Prefs {
  let read: Record<string, unknown> = {};
  try {
    read = Object(JSON.parse(kept ?? "{}"));
  } catch {
    read = {};
  }
  return {
    theme: oneOf(THEMES, read.theme, otherwise.theme),
    locale: oneOf(LOCALES, read.locale, otherwise.locale),
    colours: oneOf(COLOURS, read.colours, otherwise.colours),
    motion: oneOf(MOTIONS, read.motion, otherwise.motion),
  };
}

const FIRST: Prefs = { theme: "dark", locale: "en", colours: "green-red", motion: "on" };
export const prefsStore = createStore<Prefs>(FIRST);

function show(prefs: Prefs): void {
  const root = document.documentElement;
  root.lang = prefs.locale;
  root.dataset.theme = prefs.theme;
  root.dataset.colours = prefs.colours;
  root.dataset.motion = prefs.motion;
}

/** Before the first paint: what was kept, else what the browser says the person prefers. */
export function startPrefs(): void {
  const wants = (query: string) => matchMedia(query).matches;
  const prefs = readPrefs(localStorage.getItem(KEPT_AS), {
    theme: "dark",
    locale: navigator.language.toLowerCase().startsWith("zh") ? "zh-TW" : "en",
    colours: "green-red",
    motion: wants("(prefers-reduced-motion: reduce)") ? "off" : "on",
  });
  prefsStore.set(prefs);
  show(prefs);
}

export function prefer(change: Partial<Prefs>): void {
  const prefs = { ...prefsStore.get(), ...change };
  localStorage.setItem(KEPT_AS, JSON.stringify(prefs));
  prefsStore.set(prefs);
  show(prefs);
}
