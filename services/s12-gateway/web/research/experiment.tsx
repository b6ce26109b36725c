/** One experiment: how far it can be believed in words, then curves, windows, the map of trials and every check. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Experiment, ExperimentResult } from "../../../../shared/domain/experiment.ts";
import { paramsText, valueText } from "../../../../shared/report/experiment/heat-map.ts";
import { numberText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Duration, Figure, Pair, When } from "../parts/figures.tsx";
import { saveJson } from "../parts/json-button.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { mayResearch, useMe } from "../state/me.ts";
import { cancelExperimentAct } from "./acts.ts";
import { BeliefPanel } from "./belief-panel.tsx";
import { ChecksPanels } from "./checks.tsx";
import { CurveChart, type ShownCurve } from "./curve-chart.tsx";
import { drawdownOf } from "./curves.ts";
import { FoldsPanel } from "./folds.tsx";
import { ResearchLink } from "./links.tsx";
import { ExperimentProgress, RunStatus } from "./progress.tsx";
import { experimentQuery, isGoing } from "./queries.ts";
import { RunFigures } from "./run-figures.tsx";
import { RunTrades } from "./run-trades.tsx";
import { SignificancePanel } from "./significance.tsx";
import { TrialsPanels } from "./trials.tsx";

export function ExperimentPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(experimentQuery(id));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("research.experiments")}>
        <ResearchLink to={{ at: "experiments" }}>← {t("research.experiments")}</ResearchLink>
        <code>{id}</code>
        <span className="spacer" />
        {query.data ? <Acts experiment={query.data} /> : null}
      </nav>
      <Loaded query={query} rows={14}>
        {(experiment) => <Whole experiment={experiment} />}
      </Loaded>
    </div>
  );
}

function Acts({ experiment }: { experiment: Experiment }) {
  const { t } = useText();
  const may = mayResearch(useMe());
  const [act, setAct] = useState<Act>();
  return (
    <span className="panel-acts">
      {may && isGoing(experiment) ? (
        <button type="button" className="button" onClick={() => setAct(cancelExperimentAct(t, experiment))}>
          {t("research.cancel")}
        </button>
      ) : null}
      {may ? (
        <ResearchLink to={{ at: "new-experiment", like: experiment.exp_id }} className="button">
          {t("research.again")}
        </ResearchLink>
      ) : null}
      <button type="button" className="button" onClick={() => saveJson(experiment.exp_id, experiment)}>
        {t("export.json")}
      </button>
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </span>
  );
}

function Whole({ experiment }: { experiment: Experiment }) {
  const { result } = experiment;
  const luck = result ? <SignificancePanel significance={result.significance} /> : null;
  const isSearch = (experiment.design.params?.length ?? 0) > 0;
  return (
    <div className="experiment-panels">
      <Head experiment={experiment} />
      {result ? (
        <>
          <div className="experiment-top">
            <div className="experiment-left">
              <BeliefPanel experiment={experiment} result={result} />
              <EquityPanel experiment={experiment} result={result} />
            </div>
            <FiguresPanel result={result} />
          </div>
          {result.folds.length > 0 ? <FoldsPanel result={result} /> : null}
        </>
      ) : null}
      {isSearch || !result ? <TrialsPanels experiment={experiment} beside={isSearch ? luck : null} /> : null}
      {result ? (
        <>
          <div className="panel-row">
            {isSearch ? null : luck}
            <ChecksPanels result={result} />
          </div>
          <RunTrades id={experiment.exp_id} />
        </>
      ) : null}
    </div>
  );
}

function Head({ experiment }: { experiment: Experiment }) {
  const { t, locale } = useText();
  const { design, status, started_at, ended_at } = experiment;
  const { window, data } = design;
  return (
    <section className="panel experiment-head" aria-label={experiment.title || experiment.exp_id}>
      <h1>
        <span>{experiment.title || experiment.exp_id}</span>
        <RunStatus status={status} />
        <span className="spacer" />
        <When ts={experiment.created_at} day />
      </h1>
      {isGoing(experiment) ? <Going experiment={experiment} /> : null}
      {experiment.message ? (
        <p className={status === "FAILED" ? "form-error" : "muted"} role={status === "FAILED" ? "alert" : undefined}>
          {experiment.message}
        </p>
      ) : null}
      <dl className="facts">
        <Pair label={t("research.method")}>{t(`method.${design.method}`)}</Pair>
        <Pair label={t("research.window")}>
          <Figure>{`${dayClockText(window.from, locale)} – ${dayClockText(window.to, locale)}`}</Figure>
        </Pair>
        <Pair label={t("research.data")}>
          {[
            t(`source.${data.source}`),
            t(`form.${data.form}`),
            data.form === "bars" ? data.timeframe : "",
            (data.instruments ?? []).join(", "),
          ]
            .filter(Boolean)
            .join(" · ")}
        </Pair>
        <Pair label={t("research.bundle")}>
          <code>{bundleText(design.bundle)}</code>
        </Pair>
        <Pair label={t("research.objective")}>{t(`objective.${design.objective}`)}</Pair>
        <Pair label={t("research.seed")}>
          <Figure>{String(design.seed)}</Figure>
        </Pair>
        {experiment.hypothesis_id ? (
          <Pair label={t("research.hypothesis")}>
            <ResearchLink to={{ at: "hypothesis", id: experiment.hypothesis_id }}>
              {experiment.hypothesis_id}
            </ResearchLink>
          </Pair>
        ) : null}
        {started_at !== undefined && ended_at !== undefined ? (
          <Pair label={t("research.took")}>
            <Duration ms={ended_at - started_at} />
          </Pair>
        ) : null}
        <Pair label={t("research.author")}>{experiment.author}</Pair>
      </dl>
      {experiment.result && Object.keys(experiment.result.params).length > 0 ? (
        <dl className="facts chosen">
          {Object.entries(experiment.result.params).map(([path, value]) => (
            <Pair key={path} label={path}>
              <Figure>{valueText(value)}</Figure>
            </Pair>
          ))}
        </dl>
      ) : null}
    </section>
  );
}

function bundleText(bundle: Experiment["design"]["bundle"]): string {
  if (bundle === "active") return bundle;
  return `${bundle.bundle_id} ${bundle.rev}`;
}

function Going({ experiment }: { experiment: Experiment }) {
  const { t } = useText();
  const { best, design } = experiment;
  return (
    <div className="going" role="status">
      <ExperimentProgress progress={experiment.progress} />
      {best ? (
        <p>
          {t("research.best_so_far", {
            objective: t(`objective.${design.objective}`),
            score: numberText(best.score),
            trial: best.trial,
          })}{" "}
          <span className="muted">{paramsText(best.params)}</span>
        </p>
      ) : null}
    </div>
  );
}

function FiguresPanel({ result }: { result: ExperimentResult }) {
  const { t } = useText();
  const { out_of_sample, benchmark } = result;
  const runs = [
    { key: "best", head: t("research.whole"), summary: result.summary, isApart: out_of_sample !== undefined },
    ...(out_of_sample ? [{ key: "unseen", head: t("research.unseen"), summary: out_of_sample.summary }] : []),
    ...(benchmark ? [{ key: "benchmark", head: t("research.benchmark"), summary: benchmark.summary }] : []),
  ];
  return (
    <Panel className="run-figures-panel" title={t("research.figures")}>
      <RunFigures caption={t("research.figures")} runs={runs} />
    </Panel>
  );
}

function EquityPanel({ experiment, result }: { experiment: Experiment; result: ExperimentResult }) {
  const { benchmark: against } = experiment.design;
  const { t } = useText();
  const curves = useMemo(() => {
    const { curve, benchmark, out_of_sample } = result;
    const all: ShownCurve[] = [{ id: "best", name: t("research.whole"), curve, pane: 0, colour: 1, isShare: false }];
    if (benchmark) {
      const name = `${t("research.benchmark")}: ${t(`benchmark.${against}`)}`;
      all.push({ id: "benchmark", name, curve: benchmark.curve, pane: 0, colour: 2, isDashed: true, isShare: false });
    }
    if (out_of_sample) {
      const name = t("research.unseen");
      all.push({ id: "unseen", name, curve: out_of_sample.curve, pane: 0, colour: 3, isShare: false });
    }
    const below = { pane: 1, isShare: true, isArea: true } as const;
    all.push({ id: "drawdown", name: t("figure.drawdown"), curve: drawdownOf(curve), colour: 4, ...below });
    return all;
  }, [result, against, t]);
  return (
    <Panel className="equity-panel" title={t("research.equity")} aside={<span className="muted">USDT</span>}>
      <CurveChart label={t("research.equity.label")} curves={curves} />
    </Panel>
  );
}
