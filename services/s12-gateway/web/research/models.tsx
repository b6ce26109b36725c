/** Registered models with what they were measured at, and the trainings that are under way or failed. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ModelCard } from "../../../../shared/domain/model.ts";
import type { Training } from "../../../../shared/domain/training.ts";
import { numberText } from "../format/numbers.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { type Column, column, DataTable } from "../parts/data-table.tsx";
import { Figure, When } from "../parts/figures.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { Empty, Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { NewLink, ResearchLink } from "./links.tsx";
import { idOf, type ResearchPlace } from "./place.ts";
import { Progress, RunStatus } from "./progress.tsx";
import { isGoing, modelsQuery, trainingsQuery } from "./queries.ts";

const HASH_SHOWN = 12;

export function ModelsPage() {
  return (
    <div className="models-grid">
      <ModelsPanel />
      <TrainingsPanel />
    </div>
  );
}

function ModelsPanel() {
  const { t } = useText();
  const may = mayResearch(useMe());
  const query = useQuery(modelsQuery);
  const columns = useMemo(() => modelColumns(t), [t]);
  return (
    <Panel className="page-panel" title={t("research.models")} aside={may ? <NewLink to="new-training" /> : null}>
      <LoadedHere query={query} rows={5} what={t("research.models")}>
        {(models) =>
          models.length === 0 ? (
            <Empty>{t("models.none")}</Empty>
          ) : (
            <div className="scroll-x">
              <DataTable
                caption={t("research.models")}
                columns={columns}
                rows={models}
                rowId={({ model_id, hash }) => `${model_id}/${hash}`}
                onOpen={(card) => go({ id: idOf(placeOfModel(card)), asked: {} })}
              />
            </div>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

const placeOfModel = ({ model_id, hash }: ModelCard): ResearchPlace => ({ at: "model", id: model_id, hash });

function modelColumns(t: Translate): Column<ModelCard>[] {
  const metric = (name: string) =>
    column<ModelCard>(name, t(name === "auc" ? "model.auc" : name === "brier" ? "model.brier" : "model.log_loss"), {
      value: ({ metrics }) => metrics?.[name] ?? Number.NEGATIVE_INFINITY,
      cell: ({ metrics }) => <Figure>{numberText(metrics?.[name], 3)}</Figure>,
      right: true,
    });
  return [
    column("model", t("models.model"), {
      value: ({ model_id }) => model_id,
      cell: (card) => (
        <ResearchLink to={placeOfModel(card)}>
          {card.model_id} <code title={card.hash}>{card.hash.slice(0, HASH_SHOWN)}</code>
        </ResearchLink>
      ),
    }),
    column("origin", t("models.origin"), {
      value: ({ training_id }) => training_id ?? "",
      cell: ({ training_id }) => t(training_id === undefined ? "models.elsewhere" : "models.here"),
    }),
    ...[metric("auc"), metric("brier"), metric("log_loss")],
    column("inputs", t("models.inputs"), {
      value: ({ features }) => features.length,
      cell: ({ features }) => <Figure title={features.join(", ")}>{String(features.length)}</Figure>,
      right: true,
    }),
    column("horizon", t("labels.horizon"), {
      value: ({ label_horizon }) => label_horizon,
      cell: ({ label_horizon }) => <Figure>{t("labels.hours", { h: label_horizon })}</Figure>,
      right: true,
    }),
    column("created", t("models.created"), {
      value: ({ created_at }) => created_at,
      cell: ({ created_at }) => <When ts={created_at} day />,
      right: true,
    }),
  ];
}

function TrainingsPanel() {
  const { t } = useText();
  const query = useQuery(trainingsQuery);
  return (
    <Panel className="trainings" title={t("models.trainings")}>
      <LoadedHere query={query} rows={4} what={t("models.trainings")}>
        {(trainings) =>
          trainings.length === 0 ? (
            <Empty>{t("models.no_trainings")}</Empty>
          ) : (
            <ul className="rows">
              {trainings.map((training) => (
                <TrainingRow key={training.training_id} training={training} />
              ))}
            </ul>
          )
        }
      </LoadedHere>
    </Panel>
  );
}

function TrainingRow({ training }: { training: Training }) {
  const { t } = useText();
  const { training_id, model_id, status, stage, progress, failure, result } = training;
  return (
    <li className="training-row">
      <p className="card-head">
        <ResearchLink to={{ at: "training", id: training_id }}>{model_id}</ResearchLink>
        <RunStatus status={status} />
        <span className="spacer" />
        <When ts={training.created_at} day />
      </p>
      {isGoing(training) ? <Progress share={progress} words={t(`training_stage.${stage}`)} /> : null}
      {failure ? <p className="form-error">{failure.detail}</p> : null}
      {result ? <p className="muted">{t("models.measured", { auc: numberText(result.figures.auc, 3) })}</p> : null}
    </li>
  );
}
