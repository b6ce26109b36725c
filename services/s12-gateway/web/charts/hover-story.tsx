/** What happened in the bar under the pointer: its prices, our fills, our decisions with their reasons. */
import { amountText, asGiven, shortText } from "../format/numbers.ts";
import { dayClockText, utcText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { useLive } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { reasonInWords } from "../stories/words.ts";
import type { BarStory } from "./chart-marks.ts";

const LINES_MAX = 4;

interface HoverStoryProps {
  openTs: number | undefined;
  stories: ReadonlyMap<number, BarStory>;
  digits: number;
}

export function HoverStory({ openTs, stories, digits }: HoverStoryProps) {
  const { t, locale } = useText();
  const bars = useStore(useLive().market, (market) => market.bars);
  const bar = openTs === undefined ? bars.at(-1) : bars.find((each) => each.openTs === openTs);
  if (!bar) return null;
  const story = openTs === undefined ? undefined : stories.get(openTs);
  const price = (value: number) => amountText(String(value), { digits });
  const tone = bar.close >= bar.open ? "up" : "down";
  const figures: [string, string][] = [
    [t("bar.open"), price(bar.open)],
    [t("bar.high"), price(bar.high)],
    [t("bar.low"), price(bar.low)],
    [t("bar.close"), price(bar.close)],
    [t("bar.volume"), shortText(bar.volume)],
  ];
  return (
    <div className="hover-story">
      <div className="hover-bar">
        <time title={utcText(bar.openTs)}>{dayClockText(bar.openTs, locale)}</time>
        {figures.map(([label, value]) => (
          <span key={label}>
            <span className="muted">{label}</span> <span data-tone={tone}>{value}</span>
          </span>
        ))}
      </div>
      {story?.fills.slice(0, LINES_MAX).map((fill) => (
        <p key={fill.fill_id}>
          {t("hover.fill", {
            kind: t(`kind.${fill.kind}`),
            side: t(`side.${fill.side}`),
            qty: asGiven(fill.qty),
            price: amountText(fill.price, { digits }),
          })}
        </p>
      ))}
      {story?.decisions.slice(0, LINES_MAX).map((decision) => (
        <p key={decision.signal_id}>
          {t(`verdict.${decision.decision.action}`)} · {decision.strategy_id} · {reasonInWords(t, decision)}
        </p>
      ))}
      {(story?.decisions.length ?? 0) > LINES_MAX ? (
        <p className="muted">{t("hover.more", { count: story!.decisions.length - LINES_MAX })}</p>
      ) : null}
    </div>
  );
}
