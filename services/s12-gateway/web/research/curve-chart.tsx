/** Curves of experiments on one chart, with a legend that tells their values where the pointer is. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { CurvePoints } from "../../../../shared/domain/experiment.ts";
import { type ChartLine, createLinesChart, type LinesChart } from "../charts/lines-chart.ts";
import { coloursNow } from "../charts/use-chart.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";
import { prefsStore } from "../state/prefs.ts";
import { useStore } from "../state/store.ts";
import { gridOf, onGrid } from "./curves.ts";

export interface ShownCurve {
  readonly id: string;
  /** "": it stands in no legend. */
  readonly name: string;
  readonly curve: CurvePoints;
  readonly pane: 0 | 1;
  /** Of the line colours, from 1. */
  readonly colour: number;
  readonly isDashed?: boolean;
  readonly isArea?: boolean;
  readonly isShare: boolean;
}

interface CurveChartProps {
  label: string;
  curves: readonly ShownCurve[];
  /** Times begin at 0 and are told as time passed. */
  isElapsed?: boolean;
}

/** `curves` must stay the same array while nothing changed. */
export function CurveChart({ label, curves, isElapsed = false }: CurveChartProps) {
  const { t, locale } = useText();
  const theme = useStore(prefsStore, (prefs) => `${prefs.theme}/${prefs.colours}`);
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<LinesChart>();
  const [hovered, setHovered] = useState<number>();
  useEffect(() => {
    if (!element.current) return;
    const made = createLinesChart(element.current, setHovered);
    setChart(made);
    return () => made.destroy();
  }, []);
  const drawn = useMemo(() => {
    const grid = gridOf(curves.map(({ curve }) => curve));
    return curves.map((shown) => ({ ...shown, points: onGrid(shown.curve, grid) }));
  }, [curves]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the theme
  useEffect(() => {
    chart?.setLook({ colours: coloursNow(), locale, isElapsed });
    const style = getComputedStyle(document.documentElement);
    chart?.setLines(
      drawn.map(
        ({ name: _, curve: __, colour, ...line }): ChartLine => ({
          ...line,
          colour: style.getPropertyValue(`--line-${colour}`).trim(),
        }),
      ),
    );
  }, [chart, drawn, theme, locale, isElapsed]);
  return (
    <figure className="curve-figure">
      <div ref={element} className="curve-canvas" role="img" aria-label={label} />
      <figcaption>
        <ul className="curve-legend">
          {drawn
            .filter(({ name }) => name !== "")
            .map((shown) => (
              <li key={shown.id}>
                <LineKey colour={shown.colour} isDashed={shown.isDashed ?? false} />
                <span>{shown.name}</span>
                <Figure>{valueAt(shown, hovered)}</Figure>
              </li>
            ))}
        </ul>
        <span className="muted">
          {hovered !== undefined && !isElapsed ? dayClockText(hovered, locale) : null}{" "}
          <a className="credit" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
            {t("chart.credit")}
          </a>
        </span>
      </figcaption>
    </figure>
  );
}

export function LineKey({ colour, isDashed }: { colour: number; isDashed: boolean }) {
  return (
    <svg className="line-key" viewBox="0 0 18 8" aria-hidden="true" data-line={colour}>
      <path d="M0 4H18" strokeDasharray={isDashed ? "4 3" : undefined} />
    </svg>
  );
}

interface Drawn extends ShownCurve {
  readonly points: readonly { ts: number; value: number | null }[];
}

/** At the pointer, else the last one. */
function valueAt({ points, isShare }: Drawn, ts: number | undefined): string {
  const at = ts === undefined ? points.findLast(({ value }) => value !== null) : points.find((each) => each.ts === ts);
  const value = at?.value ?? undefined;
  return isShare ? percentText(value, 2, true) : numberText(value, 2);
}
