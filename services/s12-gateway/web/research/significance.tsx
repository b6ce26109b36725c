/** Is it luck: how many trials were behind it, what they make of the Sharpe ratio, and intervals with a small picture. */
import type { Significance } from "../../../../shared/domain/experiment.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, Pair } from "../parts/figures.tsx";
import { Panel } from "../parts/states.tsx";
import { pText } from "./belief.ts";

type Interval = NonNullable<Significance["mean_return"]>;

export function SignificancePanel({ significance }: { significance: Significance }) {
  const { t } = useText();
  const { trials, periods, sharpe, deflated_sharpe, mann_whitney_p, p_value, mean_return, sharpe_interval } =
    significance;
  return (
    <Panel className="significance" title={t("luck.title")}>
      <dl className="pairs one padded">
        <Pair label={t("luck.trials")}>
          <Figure>{numberText(trials, 0)}</Figure>
        </Pair>
        <Pair label={t("luck.periods")}>
          <Figure>{numberText(periods, 0)}</Figure>
        </Pair>
        <Pair label={t("figure.sharpe")}>
          <Figure>{numberText(sharpe)}</Figure>
        </Pair>
        <Pair label={t("luck.deflated")}>
          <Bar share={deflated_sharpe} limit={0.95} isAbove />
          <Figure>{percentText(deflated_sharpe ?? undefined, 1)}</Figure>
        </Pair>
        <Pair label={t("luck.p")}>
          <Figure>{pText(mann_whitney_p)}</Figure>
        </Pair>
        <Pair label={t("luck.p_value")}>
          <Figure title={t("luck.p_value.hint")}>{pText(p_value)}</Figure>
        </Pair>
      </dl>
      <IntervalFigure
        label={t("luck.mean_return")}
        interval={mean_return}
        text={(value) => percentText(value, digitsOf(value), true)}
      />
      <IntervalFigure
        label={t("luck.sharpe_interval")}
        interval={sharpe_interval}
        text={(value) => numberText(value)}
      />
      {significance.notes.length > 0 ? (
        <ul className="notes">
          {significance.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}

const DIGITS_MAX = 8;
/** Returns of a minute are small: as many decimals as leave two figures. */
const digitsOf = (share: number): number =>
  share === 0 ? 2 : Math.min(DIGITS_MAX, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(share) * 100))));

function Bar({ share, limit, isAbove }: { share: number | null; limit: number; isAbove: boolean }) {
  if (share === null) return null;
  return (
    <svg
      className="bar"
      viewBox="0 0 96 8"
      preserveAspectRatio="none"
      aria-hidden="true"
      data-passed={share >= limit === isAbove}
    >
      <rect className="bar-room" width="96" height="8" />
      <rect className="bar-value" width={96 * Math.min(1, Math.max(0, share))} height="8" />
      <rect className="bar-limit" x={96 * limit} width="1.5" height="8" />
    </svg>
  );
}

interface IntervalProps {
  label: string;
  interval: Interval | null;
  text: (value: number) => string;
}

/** A bar from its lower to its upper end on a line, with zero on it: what lies on both sides of zero says little. */
function IntervalFigure({ label, interval, text }: IntervalProps) {
  const { t } = useText();
  if (!interval) return null;
  const { low, high, confidence } = interval;
  const reach = Math.max(Math.abs(low), Math.abs(high)) * 1.15 || 1;
  const x = (value: number) => 100 + (value / reach) * 100;
  const words = t("luck.interval", { low: text(low), high: text(high), confidence: percentText(confidence, 0) });
  return (
    <figure className="interval">
      <figcaption>
        <span>{label}</span>
        <Figure>{words}</Figure>
      </figcaption>
      <svg viewBox="0 0 200 16" preserveAspectRatio="none" role="img" aria-label={`${label}: ${words}`}>
        <line className="interval-line" x1="0" x2="200" y1="8" y2="8" />
        <rect
          className="interval-range"
          data-tone={low > 0 ? "up" : high < 0 ? "down" : "flat"}
          x={x(low)}
          width={Math.max(1, x(high) - x(low))}
          y="4"
          height="8"
        />
        <line className="interval-zero" x1="100" x2="100" y1="0" y2="16" />
      </svg>
      <p className="muted">{t(low > 0 ? "luck.above_zero" : high < 0 ? "luck.below_zero" : "luck.around_zero")}</p>
    </figure>
  );
}
