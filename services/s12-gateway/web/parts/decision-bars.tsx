/** A decision's numbers as small bars: a guard's value against its limit, a probability with its cut-offs, what inputs add. */
import type { GuardResult } from "../../../../shared/domain/decision.ts";
import type { ModelResult } from "../../../../shared/domain/model.ts";
import { numberText, percentText } from "../format/numbers.ts";
import { codeText, useText } from "../i18n/translate.ts";
import { contributionBars, guardBar, guardsInWords } from "../state/decision-steps.ts";
import { guardValue, plainNumber } from "../stories/words.ts";
import { TruthMark } from "./condition-view.tsx";
import { Figure } from "./figures.tsx";

const LENGTH = 100;
const HEIGHT = 8;

export function GuardTable({ guards }: { guards: readonly GuardResult[] }) {
  const { t } = useText();
  return (
    <table className="small-table guard-table">
      <caption className="unseen">{t("story.guards")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("decision.guard")}</th>
          <th scope="col" className="right">
            {t("decision.value")}
          </th>
          <th scope="col" className="right">
            {t("decision.limit")}
          </th>
          <th scope="col">
            <span className="unseen">{t("decision.bar")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {guardsInWords(guards).map((guard) => (
          <tr key={guard.name} data-passed={guard.passed}>
            <th scope="row">
              <TruthMark truth={guard.passed} /> {codeText(t, "guard", guard.name)}
            </th>
            <td className="right">
              <Figure>{guardValue(t, guard.value)}</Figure>
            </td>
            <td className="right muted">
              <Figure>{guardValue(t, guard.limit)}</Figure>
            </td>
            <td>
              <GuardBarView guard={guard} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function GuardBarView({ guard }: { guard: GuardResult }) {
  const bar = guardBar(guard);
  if (!bar) return null;
  return (
    <svg
      className="bar"
      data-passed={guard.passed}
      viewBox={`0 0 ${LENGTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="bar-room" width={LENGTH} height={HEIGHT} />
      <rect className="bar-value" width={Math.max(1, bar.value * LENGTH)} height={HEIGHT} />
      <rect className="bar-limit" x={bar.limit * LENGTH - 0.75} width={1.5} height={HEIGHT} />
    </svg>
  );
}

interface ProbabilityProps {
  p: number;
  cutoffs: readonly { p_min: number; size_mult: number }[];
}

/** From 0 to 1; a mark at each cut-off, its size under it. */
export function ProbabilityBar({ p, cutoffs }: ProbabilityProps) {
  const { t } = useText();
  const sorted = cutoffs.toSorted((a, b) => a.p_min - b.p_min);
  const reached = sorted.findLast(({ p_min }) => p >= p_min);
  return (
    <div className="probability">
      <svg
        className="bar tall"
        viewBox={`0 0 ${LENGTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("decision.p", { p: percentText(p, 1) })}
      >
        <rect className="bar-room" width={LENGTH} height={HEIGHT} />
        <rect className="bar-value" width={p * LENGTH} height={HEIGHT} />
        {sorted.map(({ p_min }) => (
          <rect key={p_min} className="bar-limit" x={p_min * LENGTH - 0.4} width={0.8} height={HEIGHT} />
        ))}
      </svg>
      <ul className="cutoffs">
        {sorted.map((cutoff) => (
          <li key={cutoff.p_min} data-reached={cutoff === reached || undefined}>
            {cutoff === reached ? "▸ " : ""}
            {t("decision.cutoff", { p: percentText(cutoff.p_min, 0), size: plainNumber(cutoff.size_mult) })}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What each input adds to the log-odds: to the right for it, to the left against it, with its sign. */
export function Contributions({ model }: { model: Pick<ModelResult, "contributions"> }) {
  const { t } = useText();
  const bars = contributionBars(model);
  if (bars.length === 0) return null;
  return (
    <table className="small-table contributions">
      <caption>{t("decision.contributions")}</caption>
      <tbody>
        {bars.map(({ f, value, adds, share }) => (
          <tr key={f}>
            <th scope="row">
              <code>{f}</code>
            </th>
            <td className="right muted">
              <Figure>{plainNumber(value)}</Figure>
            </td>
            <td>
              <svg
                className="bar wide"
                viewBox={`${-LENGTH} 0 ${2 * LENGTH} ${HEIGHT}`}
                preserveAspectRatio="none"
                aria-hidden="true"
              >
                <rect className="bar-limit" x={-0.5} width={1} height={HEIGHT} />
                <rect
                  className={adds < 0 ? "bar-down" : "bar-up"}
                  x={Math.min(0, share) * LENGTH}
                  width={Math.abs(share) * LENGTH}
                  height={HEIGHT}
                />
              </svg>
            </td>
            <td className="right">
              <Figure tone={adds < 0 ? "down" : "up"}>{`${adds > 0 ? "+" : ""}${numberText(adds, 3)}`}</Figure>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
