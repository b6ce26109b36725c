/** A future's funding: the rate now and who pays it, how long until it is due, and what it was over the last days. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Instrument } from "../../../../shared/domain/instrument.ts";
import { fundingRatesQuery } from "../api/queries.ts";
import { percentText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { countdownText, type FundingBar, fundingBarsOf, yearlyOf } from "../state/funding-bars.ts";
import { useLive } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { Figure } from "./figures.tsx";
import { Probe } from "./probe.tsx";
import { Empty, Loaded, Panel } from "./states.tsx";
import { useTick } from "./use-tick.ts";

const WIDTH = 1_000;
const HEIGHT = 100;
const RATE_DIGITS = 4;

export function FundingPicture({ instrument }: { instrument: Instrument }) {
  const { t } = useText();
  const query = useQuery(fundingRatesQuery(instrument.instrument));
  const bars = fundingBarsOf((query.data ?? []).map(({ ts, rate }) => ({ ts, rate: Number(rate) })));
  return (
    <Panel className="funding-panel" title={t("funding.title")} aside={<Due />}>
      <Now last={bars.at(-1)?.ts} />
      <Loaded query={query} rows={3}>
        {() => (bars.length === 0 ? <Empty>{t("funding.empty")}</Empty> : <Bars bars={bars} />)}
      </Loaded>
    </Panel>
  );
}

function Due() {
  const { t } = useText();
  const { market, serverNow } = useLive();
  const due = useStore(market, (state) => state.funding?.next_funding_ts);
  useTick(1_000);
  return (
    <span className="panel-figures">
      <span className="muted">{t("funding.next")}</span>
      <Figure>{due === undefined ? "–:––:––" : countdownText(due - serverNow())}</Figure>
    </span>
  );
}

/** The same height whether it is known or not. */
function Now({ last }: { last: number | undefined }) {
  const { t } = useText();
  const funding = useStore(useLive().market, (state) => state.funding);
  if (!funding) return <p className="market-said muted">{t("funding.waits")}</p>;
  const { rate, next_funding_ts: next } = funding;
  const payer = rate > 0 ? "funding.longs_pay" : rate < 0 ? "funding.shorts_pay" : "funding.nobody_pays";
  return (
    <p className="market-said">
      <strong>
        <Figure flash>{percentText(rate, RATE_DIGITS, true)}</Figure>
      </strong>{" "}
      {t(payer)}{" "}
      <span className="muted">
        {t("funding.yearly", { rate: percentText(yearlyOf(rate, { next, last }), 1, true) })}
      </span>
    </p>
  );
}

function Bars({ bars }: { bars: readonly FundingBar[] }) {
  const { t, locale } = useText();
  const [chosen, setChosen] = useState<number>();
  const at = Math.min(chosen ?? bars.length - 1, bars.length - 1);
  const bar = bars[at] as FundingBar;
  const said = t("funding.was", {
    time: dayClockText(bar.ts, locale),
    rate: percentText(bar.rate, RATE_DIGITS, true),
  });
  return (
    <figure className="market-picture">
      <div className="market-plot">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map(({ ts, x, y, width, height, rate }, place) => (
            <rect
              key={ts}
              className="funding-bar"
              data-way={rate < 0 ? "down" : "up"}
              data-chosen={place === chosen || undefined}
              {...{ x: x * WIDTH, y: y * HEIGHT, width: width * WIDTH, height: height * HEIGHT }}
            />
          ))}
          <line className="funding-zero" x1="0" x2={WIDTH} y1={HEIGHT / 2} y2={HEIGHT / 2} />
        </svg>
        <Probe
          label={t("funding.probe")}
          said={said}
          {...{ min: 0, max: Math.max(1, bars.length - 1), step: 1, value: at, onMove: setChosen }}
        />
      </div>
      <figcaption className="market-axis muted">{said}</figcaption>
    </figure>
  );
}
