/** The signals on which the two revisions differ, each leading to what was really decided. */
import type { ChangedSignal } from "../../../../shared/domain/simulation.ts";
import { numberText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { When } from "../parts/figures.tsx";
import { InstrumentLink, PlaceLink } from "../parts/links.tsx";
import { Panel } from "../parts/states.tsx";

interface ChangedSignalsProps {
  changed: readonly ChangedSignal[];
  /** How many there are in all. */
  all: number | undefined;
}

export function ChangedSignals({ changed, all = changed.length }: ChangedSignalsProps) {
  const { t } = useText();
  return (
    <Panel
      title={t("changed.title")}
      aside={
        <span className="muted">
          {changed.length < all
            ? t("diff.first_of", { shown: changed.length, count: numberText(all, 0) })
            : t("diff.count", { count: changed.length })}
        </span>
      }
    >
      <div className="scroll-x padded">
        <table className="small-table numbers">
          <caption className="unseen">{t("changed.title")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("changed.when")}</th>
              <th scope="col">{t("column.instrument")}</th>
              <th scope="col">{t("column.strategy")}</th>
              <th scope="col">{t("simulation.active")}</th>
              <th scope="col">{t("simulation.candidate")}</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ signal_id, ts, strategy_id, instrument, active, candidate }) => (
              <tr key={signal_id}>
                <th scope="row">
                  <PlaceLink to={{ page: "decisions", id: signal_id }}>
                    <When ts={ts} day />
                  </PlaceLink>
                </th>
                <td>
                  <InstrumentLink instrument={instrument} />
                </td>
                <td>{strategy_id}</td>
                <td>{active}</td>
                <td>{candidate}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
