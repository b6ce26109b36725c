/** Hold to fire: a button that acts only after being held without a break, so that no slip or stray key can. */

export interface Hold {
  readonly phase: "idle" | "holding" | "fired";
  /** When the hold began, ms. */
  readonly since: number;
}
export type HoldInput =
  | { readonly kind: "press"; readonly at: number }
  | { readonly kind: "release"; readonly at: number }
  /** The pointer left the button, or it lost the focus. */
  | { readonly kind: "cancel"; readonly at: number }
  | { readonly kind: "frame"; readonly at: number };

export const HOLD_MS = 1_000;
/** A press shorter than this was a click. */
export const CLICK_MS = 250;
export const idle: Hold = { phase: "idle", since: 0 };

export const progressOf = (hold: Hold, at: number): number =>
  hold.phase === "fired" ? 1 : hold.phase === "idle" ? 0 : Math.min(1, Math.max(0, (at - hold.since) / HOLD_MS));

export type HoldOutcome = "fire" | "click" | undefined;

/** The next state and what to do. A held key repeats its press: only the first one counts. */
export function decideHold(hold: Hold, input: HoldInput): { hold: Hold; outcome: HoldOutcome } {
  if (input.kind === "press") {
    return hold.phase === "idle"
      ? { hold: { phase: "holding", since: input.at }, outcome: undefined }
      : { hold, outcome: undefined };
  }
  if (input.kind === "cancel") return { hold: hold.phase === "idle" ? hold : idle, outcome: undefined };
  if (input.kind === "release") {
    const clicked = hold.phase === "holding" && input.at - hold.since < CLICK_MS;
    return { hold: idle, outcome: clicked ? "click" : undefined };
  }
  if (hold.phase !== "holding" || input.at - hold.since < HOLD_MS) return { hold, outcome: undefined };
  return { hold: { phase: "fired", since: hold.since }, outcome: "fire" };
}
