/** Figures as a report writes them: digits in groups, signs where they matter, times in UTC. */
import { dec, isDecimal, showFixed } from "../domain/money.ts";
import { html, type Markup } from "./markup.ts";

const GROUP = "\u202f";
/** Thousands apart by a narrow space at which no line breaks. */
const grouped = (text: string): string => {
  const [whole = "", part] = text.split(".");
  const apart = whole.replace(/\B(?=(\d{3})+(?!\d))/g, GROUP);
  return part === undefined ? apart : `${apart}.${part}`;
};
const minus = (text: string): string => text.replace("-", "−");

/** A decimal as it was given. */
export const asGiven = (text: string | undefined): string => (text === undefined ? "–" : minus(grouped(text)));

const PRICE_DIGITS = 9;
/** A price, an average among them: as many digits as count. */
export const price = (text: string | undefined): string =>
  text === undefined ? "–" : minus(grouped(String(Number(Number(text).toPrecision(PRICE_DIGITS)))));

/** Money with so many digits; `sign` shows a plus too. What is no decimal is shown as it is. */
export function money(text: string, digits = 2, sign = false): string {
  if (!isDecimal(text)) return text;
  const shown = showFixed(dec(text), digits);
  const isNothing = !/[1-9]/.test(shown);
  if (isNothing) return grouped(shown.replace("-", ""));
  return minus(grouped(sign && !shown.startsWith("-") ? `+${shown}` : shown));
}

/** A fraction as per cent. */
export const percent = (fraction: number, digits = 2, sign = false): string =>
  `${number(fraction * 100, digits, sign)} %`;

export function number(value: number, digits = 2, sign = false): string {
  if (!Number.isFinite(value)) return "–";
  const shown = value.toFixed(digits);
  if (!/[1-9]/.test(shown)) return shown.replace("-", "");
  return minus(grouped(sign && value > 0 ? `+${shown}` : shown));
}

/** A figure that may be anything between tiny and large: six digits that count. */
export const plain = (value: number): string =>
  Number.isFinite(value) ? minus(grouped(String(Number(value.toPrecision(6))))) : "–";

/** `2026-01-05 08:00:00` UTC. */
export const moment = (ts: number): string => new Date(ts).toISOString().slice(0, 19).replace("T", " ");
/** With milliseconds, and without the day. */
export const instant = (ts: number): string => new Date(ts).toISOString().slice(11, 23);

export function duration(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1_000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

/** A duration without a last part of nothing: `90 d`. */
export const briefly = (ms: number): string => duration(ms).replace(/ 0 (h|min|s)$/, "");

export type Tone = "up" | "down" | "flat";
export const toneOf = (value: number): Tone => (value > 0 ? "up" : value < 0 ? "down" : "flat");
/** Coloured by its sign; the sign is written too, so that it reads without colour. */
export const toned = (value: number, text: string): Markup => html`<b class="${toneOf(value)}">${text}</b>`;
