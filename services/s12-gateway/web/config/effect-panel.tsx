/** What the past would have paid by labels: for each horizon the difference as a point on a line, with its interval. */
import type { SimulatedEffect } from "../../../../shared/domain/simulation.ts";
import { directionOf, numberText, usdtText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";
import { Panel } from "../parts/states.tsx";

const HALF = 150;
const money = (value: number): string => usdtText(value.toFixed(2), true);

export function EffectPanel({ effects }: { effects: readonly SimulatedEffect[] }) {
  const { t } = useText();
  const reach =
    1.1 *
    Math.max(
      1e-9,
      ...effects.flatMap(({ difference_usdt, interval_usdt }) =>
        [difference_usdt, ...(interval_usdt ?? [])].map(Math.abs),
      ),
    );
  return (
    <Panel className="effect-panel" title={t("effect.title")} aside={<span className="muted">USDT</span>}>
      <div className="scroll-x padded">
        <table className="small-table numbers">
          <caption className="unseen">{t("effect.title")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("labels.horizon")}</th>
              <th scope="col">
                <span className="unseen">{t("simulation.picture")}</span>
              </th>
              <th scope="col" className="right">
                {t("effect.difference")}
              </th>
              <th scope="col" className="right">
                {t("effect.interval")}
              </th>
              <th scope="col" className="right">
                {t("simulation.active")}
              </th>
              <th scope="col" className="right">
                {t("simulation.candidate")}
              </th>
              <th scope="col" className="right">
                {t("effect.labelled")}
              </th>
            </tr>
          </thead>
          <tbody>
            {effects.map((effect) => (
              <EffectRow key={effect.horizon} effect={effect} reach={reach} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="muted padded">{t("effect.about")}</p>
    </Panel>
  );
}

function EffectRow({ effect, reach }: { effect: SimulatedEffect; reach: number }) {
  const { t } = useText();
  const { horizon, labelled, unlabelled, active_usdt, candidate_usdt, difference_usdt, interval_usdt } = effect;
  const x = (value: number) => HALF + (value / reach) * (HALF - 4);
  const [low, high] = interval_usdt ?? [difference_usdt, difference_usdt];
  const tone = interval_usdt ? (low > 0 ? "up" : high < 0 ? "down" : "flat") : "flat";
  const range = interval_usdt ? `${money(low)} … ${money(high)}` : t("effect.too_few");
  return (
    <tr>
      <th scope="row">{t("labels.hours", { h: Number.parseInt(horizon, 10) })}</th>
      <td className="effect-picture">
        <svg viewBox={`0 0 ${2 * HALF} 18`} role="img" aria-label={`${money(difference_usdt)}, ${range}`}>
          <line className="interval-line" x1="0" x2={2 * HALF} y1="9" y2="9" />
          {interval_usdt ? (
            <rect
              className="interval-range"
              data-tone={tone}
              x={x(low)}
              width={Math.max(1, x(high) - x(low))}
              y="6"
              height="6"
            />
          ) : null}
          <line className="interval-zero" x1={HALF} x2={HALF} y1="0" y2="18" />
          <circle className="effect-point" data-tone={tone} cx={x(difference_usdt)} cy="9" r="4" />
        </svg>
      </td>
      <td className="right">
        <Figure tone={directionOf(difference_usdt)}>{money(difference_usdt)}</Figure>
      </td>
      <td className="right">
        <Figure>{range}</Figure>
      </td>
      <td className="right">
        <Figure>{money(active_usdt)}</Figure>
      </td>
      <td className="right">
        <Figure>{money(candidate_usdt)}</Figure>
      </td>
      <td className="right">
        <Figure title={t("effect.unlabelled", { count: unlabelled })}>
          {`${numberText(labelled, 0)} / ${numberText(labelled + unlabelled, 0)}`}
        </Figure>
      </td>
    </tr>
  );
}
