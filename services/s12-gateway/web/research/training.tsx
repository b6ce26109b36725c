/** One training: how far it has come, what came of it or why it failed, and its end while it goes on. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Training } from "../../../../shared/domain/training.ts";
import { numberText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Duration, Figure, Pair, When } from "../parts/figures.tsx";
import { Loaded, Panel } from "../parts/states.tsx";
import { mayResearch, useMe } from "../state/me.ts";
import { cancelTrainingAct } from "./acts.ts";
import { ResearchLink } from "./links.tsx";
import { Progress, RunStatus } from "./progress.tsx";
import { isGoing, trainingQuery } from "./queries.ts";

export function TrainingPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(trainingQuery(id));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("research.models")}>
        <ResearchLink to={{ at: "models" }}>← {t("research.models")}</ResearchLink>
        <code>{id}</code>
        <span className="spacer" />
        {query.data ? <Cancel training={query.data} /> : null}
      </nav>
      <Loaded query={query} rows={8}>
        {(training) => <Whole training={training} />}
      </Loaded>
    </div>
  );
}

function Cancel({ training }: { training: Training }) {
  const { t } = useText();
  const may = mayResearch(useMe());
  const client = useQueryClient();
  const [act, setAct] = useState<Act>();
  if (!may || !isGoing(training)) return null;
  return (
    <span className="panel-acts">
      <button type="button" className="button" onClick={() => setAct(cancelTrainingAct(t, training))}>
        {t("research.cancel")}
      </button>
      <ActDialog
        act={act}
        onClose={() => {
          setAct(undefined);
          void client.invalidateQueries({ queryKey: ["training", training.training_id] });
        }}
      />
    </span>
  );
}

function Whole({ training }: { training: Training }) {
  const { t } = useText();
  const { model_id, status, stage, progress, failure, waiting_for, result, started_at, ended_at } = training;
  return (
    <div className="experiment-panels">
      <section className="panel experiment-head" aria-label={model_id}>
        <h1>
          <span>{t("training.of", { model: model_id })}</span>
          <RunStatus status={status} />
          <span className="spacer" />
          <When ts={training.created_at} day />
        </h1>
        {isGoing(training) ? (
          <div className="going" role="status">
            <Progress share={progress} words={t(`training_stage.${stage}`)} />
            {waiting_for ? <p className="stale-note">{t("recompute.waits", { why: waiting_for })}</p> : null}
          </div>
        ) : null}
        {failure ? (
          <div role="alert">
            <p className="form-error">{failure.detail}</p>
            {(failure.shortages ?? []).map(({ part, kind, there, needed }) => (
              <p key={`${part}/${kind}`}>
                {t("training.shortage", {
                  part: t(`training_part.${part}`),
                  kind: t(`training_kind.${kind}`),
                  there,
                  needed,
                })}
              </p>
            ))}
          </div>
        ) : null}
        {result ? (
          <p>
            {t("models.measured", { auc: numberText(result.figures.auc, 3) })}{" "}
            <ResearchLink to={{ at: "model", id: model_id, hash: result.hash }}>{t("training.to_model")}</ResearchLink>
          </p>
        ) : null}
        <dl className="facts">
          <Pair label={t("labels.horizon")}>{t("labels.hours", { h: training.request.label_horizon })}</Pair>
          <Pair label={t("research.author")}>{training.actor}</Pair>
          {started_at !== undefined && ended_at !== undefined ? (
            <Pair label={t("research.took")}>
              <Duration ms={ended_at - started_at} />
            </Pair>
          ) : null}
        </dl>
      </section>
      {training.data ? <DataRead data={training.data} /> : null}
      {result && result.notes.length > 0 ? (
        <Panel title={t("training.notes")}>
          <ul className="notes">
            {result.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </div>
  );
}

function DataRead({ data }: { data: NonNullable<Training["data"]> }) {
  const { t } = useText();
  const counts = ["labels", "counterfactual", "usable", "later", "without_signal", "without_value"] as const;
  return (
    <Panel title={t("training.data")}>
      <dl className="pairs one padded">
        {counts.map((id) => (
          <Pair key={id} label={t(`training.data.${id}`)}>
            <Figure>{numberText(data[id], 0)}</Figure>
          </Pair>
        ))}
      </dl>
      {data.features.length > 0 ? (
        <p className="padded">
          {t("models.inputs")}
          {t("sentence.colon")}
          <code>{data.features.join(", ")}</code>
        </p>
      ) : null}
      {data.dropped.length > 0 ? (
        <details className="padded">
          <summary>{t("training.dropped", { count: data.dropped.length })}</summary>
          <ul className="notes">
            {data.dropped.map(({ feature, why }) => (
              <li key={feature}>
                <code>{feature}</code> {why}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </Panel>
  );
}
