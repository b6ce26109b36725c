/** Starting a training: which labels it learns from, what it is called, how it is measured. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { freshKey } from "../api/now.ts";
import { activeQuery, instrumentsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { trainModel } from "./acts.ts";
import { problemsAt } from "./design.ts";
import { FormEnd } from "./form-end.tsx";
import { FormPart, PickInput, Problems, TextArea, TextInput } from "./form-fields.tsx";
import { ResearchLink } from "./links.tsx";
import { idOf } from "./place.ts";
import { isShownInTraining, newTraining, type TrainingDraft, trainingOf } from "./training-draft.ts";

const HORIZONS = ["12", "24", "36"] as const;

export function NewTrainingPage() {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [draft, setDraft] = useState(newTraining);
  const [isTried, setTried] = useState(false);
  const [key, setKey] = useState(freshKey);
  const training = useMutation({
    mutationFn: () => trainModel(trainingOf(draft).asked, key),
    onSuccess: ({ training_id }) => {
      void client.invalidateQueries({ queryKey: ["trainings"] });
      go({ id: idOf({ at: "training", id: training_id }), asked: {} });
    },
  });
  const answered = training.error instanceof ApiProblem ? training.error.errors : [];
  const problems = [...(isTried ? trainingOf(draft).problems : []), ...answered];
  const change = (part: Partial<TrainingDraft>) => {
    setDraft((now) => ({ ...now, ...part }));
    setKey(freshKey());
    training.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (trainingOf(draft).problems.length === 0) training.mutate();
  };
  const text = (field: "model_id" | "tail_pct" | "folds" | "embargo_h" | "seed", at: string) => ({
    label: t(`training.field.${field}`),
    value: draft[field],
    problems: problemsAt(problems, at),
    onChange: (value: string) => change({ [field]: value }),
  });
  return (
    <Panel
      className="research-form page-panel"
      title={t("research.new-training")}
      aside={<ResearchLink to={{ at: "models" }}>← {t("research.models")}</ResearchLink>}
    >
      <p className="muted padded">{t("training.about")}</p>
      <form onSubmit={submit} noValidate>
        <FormPart title={t("models.model")}>
          <TextInput {...text("model_id", "model_id")} hint={t("training.model_id.hint")} />
          <PickInput
            label={t("labels.horizon")}
            value={draft.label_horizon}
            choices={HORIZONS.map((each) => [each, t("labels.hours", { h: each })] as const)}
            problems={problemsAt(problems, "label_horizon")}
            onChoose={(label_horizon) => change({ label_horizon })}
          />
          <TextArea
            label={t("training.field.features")}
            rows={2}
            isCode
            value={draft.features}
            problems={problemsAt(problems, "features")}
            onChange={(features) => change({ features })}
          />
        </FormPart>
        <FromWhat draft={draft} problems={problems} onChange={change} />
        <FormPart title={t("training.measuring")}>
          <TextInput {...text("tail_pct", "tail_share")} inputMode="decimal" hint={t("training.tail.hint")} />
          <PickInput
            label={t("model.calibration")}
            value={draft.calibration}
            choices={[
              ["platt", t("calibration.platt")],
              ["none", t("calibration.none")],
            ]}
            onChoose={(calibration) => change({ calibration })}
          />
          <TextInput {...text("folds", "folds")} inputMode="numeric" />
          <TextInput {...text("embargo_h", "embargo_h")} inputMode="decimal" />
          <TextInput {...text("seed", "seed")} inputMode="numeric" />
        </FormPart>
        <FormEnd
          problems={problems}
          isShown={isShownInTraining}
          error={training.error}
          isBusy={training.isPending}
          may={mayResearch(me)}
          submit={t("training.start")}
        />
      </form>
    </Panel>
  );
}

interface FromWhatProps {
  draft: TrainingDraft;
  problems: readonly { field: string; message: string }[];
  onChange: (change: Partial<TrainingDraft>) => void;
}

function FromWhat({ draft, problems, onChange }: FromWhatProps) {
  const { t } = useText();
  const bundle = useQuery(activeQuery).data?.bundle;
  const instruments = useQuery(instrumentsQuery).data ?? [];
  const lists = [
    ["strategies", t("training.field.strategies"), (bundle?.strategies ?? []).map(({ strategy_id }) => strategy_id)],
    ["instruments", t("training.field.instruments"), instruments.map(({ instrument }) => instrument)],
  ] as const;
  return (
    <FormPart title={t("training.from_what")} hint={t("training.from_what.hint")}>
      {lists.map(([field, label, all]) => (
        <fieldset key={field} className="choice-field wide-field">
          <legend>{label}</legend>
          <div className="choice-row">
            {all.map((each) => (
              <label key={each} className="check">
                <input
                  type="checkbox"
                  checked={draft[field].includes(each)}
                  onChange={() => onChange({ [field]: toggled(draft[field], each) })}
                />
                {each}
              </label>
            ))}
          </div>
          <Problems problems={problemsAt(problems, field)} />
        </fieldset>
      ))}
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="datetime-local"
          label={t(end === "from" ? "form.from" : "form.to")}
          value={draft[end]}
          problems={problemsAt(problems, end === "from" ? "window.from_ts" : "window.to_ts")}
          onChange={(text) => onChange({ [end]: text })}
        />
      ))}
    </FormPart>
  );
}

const toggled = (all: readonly string[], one: string): readonly string[] =>
  all.includes(one) ? all.filter((each) => each !== one) : [...all, one];
