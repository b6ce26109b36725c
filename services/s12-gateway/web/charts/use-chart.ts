/** A price chart in a part: made with its element, coloured with the theme, gone with the part. */
import { type RefObject, useEffect, useRef, useState } from "react";
import { useText } from "../i18n/translate.ts";
import { go, SUBJECTS, type SubjectKind } from "../state/address.ts";
import { prefsStore } from "../state/prefs.ts";
import { useStore } from "../state/store.ts";
import { type ChartColours, createPriceChart, type PriceChart } from "./price-chart.ts";

interface UsedChart {
  element: RefObject<HTMLDivElement | null>;
  chart: PriceChart | undefined;
  /** Open time of the bar under the pointer, epoch ms. */
  hovered: number | undefined;
}

export function useChart(): UsedChart {
  const { locale } = useText();
  const theme = useStore(prefsStore, (prefs) => `${prefs.theme}/${prefs.colours}`);
  const element = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<PriceChart>();
  const [hovered, setHovered] = useState<number>();
  useEffect(() => {
    if (!element.current) return;
    const made = createPriceChart(element.current, {
      onHover: setHovered,
      onOpen: (id) => {
        const kind = SUBJECTS.find((known) => id.startsWith(`${known}:`)) as SubjectKind | undefined;
        if (kind) go({ subject: { kind, id: id.slice(kind.length + 1) } });
      },
    });
    setChart(made);
    return () => made.destroy();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow the theme
  useEffect(() => chart?.setLook({ colours: coloursNow(), locale }), [chart, theme, locale]);
  return { element, chart, hovered };
}

export function coloursNow(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("text-2"),
    grid: colour("grid"),
    up: colour("up"),
    down: colour("down"),
    accent: colour("accent"),
    muted: colour("text-3"),
    stop: colour("warn"),
    target: colour("target"),
    danger: colour("danger"),
  };
}
