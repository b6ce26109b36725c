/** Numbers and times as they stand on the page: aligned, signed, never by colour alone, exact on hover. */
import { type ReactNode, useEffect, useRef } from "react";
import type { Amount } from "../../../../shared/domain/money.ts";
import { ARROW, amountText, type Direction, directionOf } from "../format/numbers.ts";
import { ageOf, clockText, dayClockText, durationOf, isTime, preciseText, utcText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { prefsStore } from "../state/prefs.ts";
import { useStore } from "../state/store.ts";
import { useTick } from "./use-tick.ts";

const FLASH_MS = 150;

interface FigureProps {
  children: string;
  tone?: Direction;
  title?: string;
  /** Flashes for a moment when the text changes; the box never moves. */
  flash?: boolean;
}

export function Figure({ children, tone, title, flash = false }: FigureProps) {
  const element = useRef<HTMLSpanElement>(null);
  const shown = useRef(children);
  const motion = useStore(prefsStore, (prefs) => prefs.motion);
  useEffect(() => {
    if (shown.current === children) return;
    shown.current = children;
    if (flash && motion === "on") {
      const colour = getComputedStyle(document.documentElement).getPropertyValue("--flash");
      element.current?.animate({ backgroundColor: [colour, "transparent"] }, { duration: FLASH_MS, easing: "ease-in" });
    }
  }, [children, flash, motion]);
  return (
    <span ref={element} className="figure" data-tone={tone} title={title}>
      {children}
    </span>
  );
}

interface MoneyProps {
  value: string | Amount | undefined;
  digits?: number;
  /** Shows sign, colour and arrow: for gains and losses. */
  gain?: boolean;
  flash?: boolean;
  unit?: string;
}

export function Money({ value, digits = 2, gain = false, flash = false, unit }: MoneyProps) {
  const text = amountText(value, { digits, sign: gain });
  const tone = gain ? directionOf(value) : undefined;
  return (
    <span className="money">
      {tone && tone !== "flat" ? (
        <span className="arrow" data-tone={tone} aria-hidden="true">
          {ARROW[tone]}
        </span>
      ) : null}
      <Figure tone={tone} flash={flash}>
        {text}
      </Figure>
      {unit ? <span className="unit">{unit}</span> : null}
    </span>
  );
}

interface WhenProps {
  ts: number | undefined;
  /** Adds the date. */
  day?: boolean;
  /** Adds the milliseconds. */
  precise?: boolean;
}

/** Local time, UTC on hover. */
export function When({ ts, day = false, precise = false }: WhenProps) {
  const { locale } = useText();
  if (!isTime(ts)) return <span className="muted">–</span>;
  return (
    <time className="figure" dateTime={new Date(ts).toISOString()} title={utcText(ts)}>
      {(precise ? preciseText : day ? dayClockText : clockText)(ts, locale)}
    </time>
  );
}

/** How long something took. */
export function Duration({ ms }: { ms: number }) {
  const { t } = useText();
  const parts = durationOf(ms).map(({ value, unit }) => t(`age.${unit}`, { value }));
  return <Figure>{parts.join(" ")}</Figure>;
}

/** How long ago, ticking; `skewMs` is the server's clock minus ours. */
export function Age({ ts, skewMs = 0, everyMs = 1_000 }: { ts: number; skewMs?: number; everyMs?: number }) {
  const { t } = useText();
  const tick = useTick(everyMs);
  if (!isTime(ts)) return <span className="muted">–</span>;
  const { value, unit } = ageOf(tick + skewMs - ts);
  return (
    <time className="figure" dateTime={new Date(ts).toISOString()} title={utcText(ts)}>
      {t(`age.${unit}`, { value })}
    </time>
  );
}

/** A label and its value, side by side; figures line up on the right. */
export function Pair({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="pair">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
