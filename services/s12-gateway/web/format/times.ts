/** Times as text: local for reading, UTC for being exact, ages for glancing. */

/** Browsers take a moment to build these, so one is kept per locale and kind. */
const kept = new Map<string, Intl.DateTimeFormat>();
function formatOf(locale: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${locale}/${kind}`;
  const known = kept.get(id);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...options });
  kept.set(id, made);
  return made;
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
const DAY = { month: "short", day: "numeric" } as const;

export const isTime = (ts: number | undefined): ts is number => ts !== undefined && Number.isFinite(ts) && ts > 0;

/** `14:03:22`, local. */
export const clockText = (ts: number, locale: string): string => formatOf(locale, "clock", CLOCK).format(ts);
/** `Nov 22, 14:03:22`, local. */
export const dayClockText = (ts: number, locale: string): string =>
  formatOf(locale, "day-clock", { ...DAY, ...CLOCK }).format(ts);
export const minuteText = (ts: number, locale: string): string =>
  formatOf(locale, "minute", { hour: "2-digit", minute: "2-digit" }).format(ts);
export const dayText = (ts: number, locale: string): string => formatOf(locale, "day", DAY).format(ts);

/** `14:03:22.123`, local. */
export const preciseText = (ts: number, locale: string): string =>
  formatOf(locale, "precise", { ...CLOCK, fractionalSecondDigits: 3 }).format(ts);

/** `2026-11-22 14:03:22.123 UTC`. */
export const utcText = (ts: number): string =>
  isTime(ts) ? `${new Date(ts).toISOString().replace("T", " ").replace("Z", "")} UTC` : "";

export type AgeUnit = "s" | "min" | "h" | "d";
/** How long ago, in the largest unit that still says something: tenths only below ten seconds. */
export function ageOf(ms: number): { value: string; unit: AgeUnit } {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return { value: seconds.toFixed(1), unit: "s" };
  if (seconds < 60) return { value: Math.floor(seconds).toString(), unit: "s" };
  if (seconds < 3_600) return { value: Math.floor(seconds / 60).toString(), unit: "min" };
  if (seconds < 86_400) return { value: Math.floor(seconds / 3_600).toString(), unit: "h" };
  return { value: Math.floor(seconds / 86_400).toString(), unit: "d" };
}

/** How long something took: `340 ms`, `2.1 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. Parts in their units, largest first. */
export function durationOf(ms: number): { value: string; unit: AgeUnit | "ms" }[] {
  if (ms < 1_000) return [{ value: String(Math.max(0, Math.round(ms))), unit: "ms" }];
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60)
    return [{ value: seconds < 10 ? (Math.floor(ms / 100) / 10).toFixed(1) : String(seconds), unit: "s" }];
  const [large, small, size, part] =
    seconds < 3_600
      ? (["min", "s", 60, 1] as const)
      : seconds < 86_400
        ? (["h", "min", 3_600, 60] as const)
        : (["d", "h", 86_400, 3_600] as const);
  const rest = Math.floor((seconds % size) / part);
  const first = { value: String(Math.floor(seconds / size)), unit: large };
  return rest === 0 ? [first] : [first, { value: String(rest), unit: small }];
}
