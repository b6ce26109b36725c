/** How much hangs on each factor: the share of decisions a small move of it alone would turn, and what is left standing. */
import type { GateResult } from "../../../../shared/domain/promotion.ts";
import type { SensitivityAnalysis } from "../../../../shared/domain/simulation.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { Figure } from "../parts/figures.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { LimitBar } from "./limit-bar.tsx";

interface SensitivityPanelProps {
  analysis: SensitivityAnalysis;
  gates: readonly GateResult[] | undefined;
}
const WIDTH = 200;

export function SensitivityPanel({ analysis, gates }: SensitivityPanelProps) {
  const { t } = useText();
  const { epsilon, evaluated } = analysis;
  const factors = analysis.factors.toSorted((a, b) => b.flips - a.flips);
  const most = Math.max(...factors.map(({ flips }) => flips), 0) || 1;
  return (
    <Panel
      className="sensitivity-panel"
      title={t("sensitivity.title")}
      aside={
        <span className="muted">
          {t("sensitivity.of", { epsilon: percentText(epsilon, 1), count: numberText(evaluated, 0) })}
        </span>
      }
    >
      <Robustness analysis={analysis} gates={gates} />
      {factors.length === 0 ? (
        <Empty>{t("sensitivity.none")}</Empty>
      ) : (
        <div className="scroll-x padded">
          <table className="small-table numbers">
            <caption className="unseen">{t("sensitivity.title")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("sensitivity.factor")}</th>
                <th scope="col">
                  <span className="unseen">{t("simulation.picture")}</span>
                </th>
                <th scope="col" className="right">
                  {t("sensitivity.flips")}
                </th>
                <th scope="col" className="right" title={t("sensitivity.lipschitz.hint")}>
                  {t("sensitivity.lipschitz")}
                </th>
              </tr>
            </thead>
            <tbody>
              {factors.map(({ factor, flips, lipschitz }) => (
                <tr key={factor}>
                  <th scope="row">
                    <code>{factor}</code>
                  </th>
                  <td className="pair-picture">
                    <svg viewBox={`0 0 ${WIDTH} 10`} preserveAspectRatio="none" aria-hidden="true">
                      <rect data-side="candidate" y="1" height="8" width={(flips / most) * WIDTH} />
                    </svg>
                  </td>
                  <td className="right">
                    <Figure>{percentText(flips, 2)}</Figure>
                  </td>
                  <td className="right">
                    <Figure>{numberText(lipschitz, 2)}</Figure>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Robustness({ analysis: { robustness }, gates }: SensitivityPanelProps) {
  const { t } = useText();
  const gate = gates?.find(({ name }) => name === "robustness");
  const limit = typeof gate?.limit === "number" ? gate.limit : undefined;
  const words =
    limit === undefined
      ? t("sensitivity.robust", { share: percentText(robustness, 1) })
      : t("sensitivity.robust_of", { share: percentText(robustness, 1), limit: percentText(limit, 0) });
  return (
    <div className="padded robustness">
      <p>{words}</p>
      {limit === undefined ? null : (
        <LimitBar
          scale={{ from: 0, to: 1, zero: 0, limit, isLeast: true }}
          value={robustness}
          isBad={gate?.state === "FAILED"}
          label={words}
        />
      )}
    </div>
  );
}
