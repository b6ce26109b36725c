/** How a person likes the page, kept in this browser. */
import { createStore } from "./store.ts";

export const THEMES = ["dark", "light"] as const;
export const LOCALES = ["en", "zh-TW"] as const;
/** Colour of up and of down; East Asian markets read red as up. */
export const COLOURS = ["green-red", "red-green", "blue-orange"] as const;
export const MOTIONS = ["on", "off"] as const;
/** How much room rows take. */
export const DENSITIES = ["dense", "roomy"] as const;

export interface Prefs {
  readonly theme: (typeof THEMES)[number];
  readonly locale: (typeof LOCALES)[number];
  readonly colours: (typeof COLOURS)[number];
  readonly motion: (typeof MOTIONS)[number];
  readonly density: (typeof DENSITIES)[number];
}
export type Locale = Prefs["locale"];

/** Every preference with what it may be, for the menu and the settings alike. */
export const CHOICES = {
  theme: THEMES,
  locale: LOCALES,
  colours: COLOURS,
  density: DENSITIES,
  motion: MOTIONS,
} as const satisfies Record<keyof Prefs, readonly string[]>;
export const CHOICE_NAMES = Object.keys(CHOICES) as (keyof Prefs)[];

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
    density: oneOf(DENSITIES, read.density, otherwise.density),
  };
}

const FIRST: Prefs = { theme: "dark", locale: "en", colours: "green-red", motion: "on", density: "dense" };
export const prefsStore = createStore<Prefs>(FIRST);

function show(prefs: Prefs): void {
  const root = document.documentElement;
  root.lang = prefs.locale;
  root.dataset.theme = prefs.theme;
  root.dataset.colours = prefs.colours;
  root.dataset.motion = prefs.motion;
  root.dataset.density = prefs.density;
}

/** Before the first paint: what was kept, else what the browser says the person prefers. */
export function startPrefs(): void {
  const wants = (query: string) => matchMedia(query).matches;
  const prefs = readPrefs(localStorage.getItem(KEPT_AS), {
    theme: "dark",
    locale: navigator.language.toLowerCase().startsWith("zh") ? "zh-TW" : "en",
    colours: "green-red",
    motion: wants("(prefers-reduced-motion: reduce)") ? "off" : "on",
    density: "dense",
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
