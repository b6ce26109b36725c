/** One hypothesis: what it says, what experiments have said of it, and running it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Hypothesis } from "../../../../shared/domain/experiment.ts";
import { freshKey } from "../api/now.ts";
import { numberText } from "../format/numbers.ts";
import { dayClockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Figure, Money, Pair, When } from "../parts/figures.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { runExperiment } from "./acts.ts";
import { pText } from "./belief.ts";
import { HypothesisStatus } from "./hypotheses.tsx";
import { ExperimentLink, ResearchLink } from "./links.tsx";
import { hypothesisQuery } from "./queries.ts";

export function HypothesisPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(hypothesisQuery(id));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("research.hypotheses")}>
        <ResearchLink to={{ at: "hypotheses" }}>← {t("research.hypotheses")}</ResearchLink>
        <code>{id}</code>
      </nav>
      <Loaded query={query} rows={8}>
        {(hypothesis) => <Whole hypothesis={hypothesis} />}
      </Loaded>
    </div>
  );
}

function Whole({ hypothesis }: { hypothesis: Hypothesis }) {
  const { t, locale } = useText();
  const { title, statement, design, experiments } = hypothesis;
  const { window, method } = design;
  return (
    <div className="experiment-panels">
      <section className="panel experiment-head" aria-label={title}>
        <h1>
          <span>{title}</span>
          <HypothesisStatus {...hypothesis} />
          <span className="spacer" />
          <When ts={hypothesis.created_at} day />
        </h1>
        <p className="statement">{statement}</p>
        <p>{t(`hypothesis_status.${hypothesis.status}.hint`)}</p>
      </section>
      <div className="panel-row">
        <Panel className="significance" title={t("hypotheses.evidence")}>
          <dl className="pairs one padded">
            <Pair label={t("hypotheses.family_label")}>{hypothesis.family}</Pair>
            <Pair label={t("hypotheses.p_value")}>
              <Figure>{pText(hypothesis.p_value)}</Figure>
            </Pair>
            <Pair label={t("hypotheses.adjusted_p")}>
              <Figure>{pText(hypothesis.adjusted_p)}</Figure>
            </Pair>
            {hypothesis.net_usdt !== undefined ? (
              <Pair label={t("research.net")}>
                <Money value={hypothesis.net_usdt} gain />
              </Pair>
            ) : null}
            {hypothesis.lookahead_passed !== undefined ? (
              <Pair label={t("future.title")}>
                {t(hypothesis.lookahead_passed ? "hypotheses.blind" : "hypotheses.sees")}
              </Pair>
            ) : null}
            <Pair label={t("research.trials")}>
              <Figure>{numberText(hypothesis.trials, 0)}</Figure>
            </Pair>
            <Pair label={t("research.method")}>{t(`method.${method}`)}</Pair>
            <Pair label={t("research.window")}>
              <Figure>{`${dayClockText(window.from, locale)} – ${dayClockText(window.to, locale)}`}</Figure>
            </Pair>
            <Pair label={t("research.author")}>{hypothesis.author}</Pair>
          </dl>
          <p className="muted padded">{t("hypotheses.counted")}</p>
        </Panel>
        <Panel
          className="hypothesis-runs"
          title={t("research.experiments")}
          aside={<RunButton id={hypothesis.hypothesis_id} />}
        >
          {experiments.length === 0 ? (
            <Empty>{t("hypotheses.not_run")}</Empty>
          ) : (
            <ul className="notes">
              {experiments.toReversed().map((each) => (
                <li key={each}>
                  <ExperimentLink id={each}>
                    <code>{each}</code>
                  </ExperimentLink>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
    </div>
  );
}

function RunButton({ id }: { id: string }) {
  const { t } = useText();
  const may = mayResearch(useMe());
  const client = useQueryClient();
  const [key] = useState(freshKey);
  const running = useMutation({
    mutationFn: () => runExperiment({ hypothesis_id: id }, key),
    onSuccess: ({ exp_id }) => {
      void client.invalidateQueries({ queryKey: ["experiments"] });
      go({ id: exp_id, asked: {} });
    },
  });
  if (!may) return null;
  return (
    <span className="panel-acts">
      {running.error ? (
        <span className="form-error" role="alert">
          {t.say(running.error.message)}
        </span>
      ) : null}
      <button type="button" className="button" disabled={running.isPending} onClick={() => running.mutate()}>
        {running.isPending ? t("act.busy") : t("hypotheses.run")}
      </button>
    </span>
  );
}
