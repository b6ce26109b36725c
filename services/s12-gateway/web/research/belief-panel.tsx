/** How far a result can be believed: the verdict, and sentence by sentence what it rests on. */
import type { Experiment, ExperimentResult } from "../../../../shared/domain/experiment.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { beliefOf, type Tone } from "./belief.ts";

/** Never colour alone. */
const MARK: Record<Tone, string> = { good: "✓", bad: "!", plain: "·" };

export function BeliefPanel({ experiment, result }: { experiment: Experiment; result: ExperimentResult }) {
  const { t } = useText();
  const { verdict, told } = beliefOf(experiment, result);
  return (
    <Panel className="belief" title={t("belief.title")}>
      <p className="belief-verdict" data-verdict={verdict}>
        {t(`belief.verdict.${verdict}`)}
      </p>
      <ul className="belief-list">
        {told.map(({ key, params, tone }) => (
          <li key={key} data-mark={tone}>
            <span className="belief-mark" aria-hidden="true">
              {MARK[tone]}
            </span>
            <span className="unseen">{t(`belief.tone.${tone}`)}</span>
            <span>{t(key, params)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
