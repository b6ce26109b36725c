/** Both revisions over the recorded market: their curves on one chart, their figures side by side. */
import { useMemo } from "react";
import type { Simulation } from "../../../../shared/domain/simulation.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { CurveChart, type ShownCurve } from "../research/curve-chart.tsx";
import { RunFigures } from "../research/run-figures.tsx";

type Replay = NonNullable<Simulation["replay"]>;

export function ReplayPanels({ replay }: { replay: Replay }) {
  const { t } = useText();
  const { active, candidate } = replay;
  const curves = useMemo((): ShownCurve[] => {
    const line = { pane: 0, isShare: false } as const;
    return [
      { ...line, id: "active", name: t("simulation.active"), curve: active.curve, colour: 2, isDashed: true },
      { ...line, id: "candidate", name: t("simulation.candidate"), curve: candidate.curve, colour: 1 },
    ];
  }, [active, candidate, t]);
  const runs = [
    { key: "active", head: t("simulation.active"), summary: active.summary },
    { key: "candidate", head: t("simulation.candidate"), summary: candidate.summary },
  ];
  const assumed = [...new Set([...active.assumed, ...candidate.assumed])];
  return (
    <div className="experiment-top">
      <div className="experiment-left">
        <Panel className="equity-panel" title={t("simulation.equity")} aside={<span className="muted">USDT</span>}>
          <CurveChart label={t("simulation.curves")} curves={curves} />
          {assumed.length > 0 ? (
            <ul className="notes">
              {assumed.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          ) : null}
        </Panel>
      </div>
      <Panel className="run-figures-panel" title={t("research.figures")}>
        <RunFigures caption={t("research.figures")} runs={runs} />
      </Panel>
    </div>
  );
}
