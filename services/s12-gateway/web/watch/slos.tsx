/** The objectives: how much of each error budget is left, how fast it burns, and how that was over the last days. */
import { useQuery } from "@tanstack/react-query";
import type { Slo } from "../../../../shared/domain/watching.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Panel } from "../parts/states.tsx";
import { sloQuery } from "./queries.ts";
import { sparkPath } from "./spark.ts";

const HOUR_MS = 3_600_000;

export function SloPanel() {
  const { t } = useText();
  const query = useQuery(sloQuery);
  return (
    <Panel className="slos" title={t("wall.slo")} aside={<span className="muted">{t("wall.slo.window")}</span>}>
      <LoadedHere query={query} rows={5} what={t("wall.slo")}>
        {({ items }) => (
          <ul className="slo-rows">
            {items.map((slo) => (
              <SloRow key={slo.slo_id} slo={slo} />
            ))}
          </ul>
        )}
      </LoadedHere>
    </Panel>
  );
}

function SloRow({ slo }: { slo: Slo }) {
  const { t } = useText();
  const { slo_id, objective, value, total, good, budget_left, burn, state, history } = slo;
  return (
    <li className="slo" data-state={state}>
      <p className="slo-head">
        <strong>{t(`slo.${slo_id}`)}</strong>
        <span className="slo-state">{t(`slo.state.${state}`)}</span>
      </p>
      <p className="slo-figures">
        <Figure>{value === null ? "–" : percentText(value, 3)}</Figure>
        <span className="muted">{t("slo.of", { objective: percentText(objective, 2) })}</span>
        <span className="muted" title={t("slo.events", { good: numberText(good, 0), total: numberText(total, 0) })}>
          {t("slo.bad", { count: numberText(total - good, 0), total: numberText(total, 0) })}
        </span>
      </p>
      <Budget left={budget_left} />
      <dl className="slo-burn">
        {burn.map(({ window_ms, rate }) => (
          <div key={window_ms} data-fast={(rate ?? 0) > 1 || undefined}>
            <dt>{windowText(t, window_ms)}</dt>
            <dd className="figure">{rate === null ? "–" : `${numberText(rate, rate < 10 ? 1 : 0)}×`}</dd>
          </div>
        ))}
      </dl>
      {history.length > 1 ? (
        <svg
          className="slo-history"
          viewBox="0 0 100 20"
          preserveAspectRatio="none"
          role="img"
          aria-label={t("slo.history")}
        >
          <path d={sparkPath(history, { width: 100, height: 20 })} />
        </svg>
      ) : null}
    </li>
  );
}

function Budget({ left }: { left: number | null }) {
  const { t } = useText();
  const share = Math.max(0, Math.min(1, left ?? 0));
  const text = left === null ? t("slo.budget.none") : t("slo.budget", { left: percentText(left, 1) });
  return (
    <div className="slo-budget" data-over={left !== null && left < 0 ? true : undefined}>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={text}>
        <rect className="reading-track" width="100" height="4" />
        <rect className="slo-left" width={share * 100} height="4" />
      </svg>
      <span className="muted">{text}</span>
    </div>
  );
}

const windowText = (t: Translate, ms: number): string =>
  ms < HOUR_MS ? t("age.min", { value: ms / 60_000 }) : t("age.h", { value: ms / HOUR_MS });
