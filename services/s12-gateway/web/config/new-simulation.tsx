/** Asking for a simulation: which revision against which, over what time, by labels or by replay. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem, type FieldProblem } from "../../../../shared/client/problem.ts";
import { freshKey } from "../api/now.ts";
import { instrumentsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { problemsAt, type WindowPreset, windowOf } from "../research/design.ts";
import { FormEnd } from "../research/form-end.tsx";
import { FormPart, PickInput, Problems, TextInput } from "../research/form-fields.tsx";
import { go } from "../state/address.ts";
import { useLive } from "../state/live.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { simulate } from "./acts.ts";
import { ConfigLink } from "./links.tsx";
import { ACTIVE, idOf, revName } from "./place.ts";
import { recentBundlesQuery } from "./queries.ts";
import { isShownInSimulation, METHODS, newSimulation, type SimulationDraft, simulationOf } from "./simulation-draft.ts";

const PRESETS = ["6h", "1d", "7d", "30d"] as const satisfies readonly WindowPreset[];

export function NewSimulationPage({ of }: { of: string | undefined }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const { serverNow } = useLive();
  const [draft, setDraft] = useState(() => newSimulation(of ?? "", serverNow()));
  const [isTried, setTried] = useState(false);
  // Another body under the same key would be refused, so each change is a new act.
  const [key, setKey] = useState(freshKey);
  const beginning = useMutation({
    mutationFn: () => simulate(simulationOf(draft).asked, key),
    onSuccess: ({ sim_id }) => {
      void client.invalidateQueries({ queryKey: ["simulations"] });
      go({ id: idOf({ at: "simulation", id: sim_id }), asked: {} });
    },
  });
  const answered = beginning.error instanceof ApiProblem ? beginning.error.errors : [];
  const problems = [...(isTried ? simulationOf(draft).problems : []), ...answered];
  const change = (part: Partial<SimulationDraft>) => {
    setDraft((now) => ({ ...now, ...part }));
    setKey(freshKey());
    beginning.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (simulationOf(draft).problems.length === 0) beginning.mutate();
  };
  return (
    <Panel
      className="research-form page-panel"
      title={t("simulation.new")}
      aside={<ConfigLink to={{ at: "simulations" }}>← {t("config.simulations")}</ConfigLink>}
    >
      <p className="muted padded">{t("simulation.about")}</p>
      <form onSubmit={submit} noValidate>
        <WhichPart draft={draft} problems={problems} onChange={change} />
        <WhenPart draft={draft} problems={problems} onChange={change} />
        <SensitivityPart draft={draft} problems={problems} onChange={change} />
        <FormEnd
          problems={problems}
          isShown={isShownInSimulation}
          error={beginning.error}
          isBusy={beginning.isPending}
          may={mayResearch(me)}
          submit={t("simulation.begin")}
        />
      </form>
    </Panel>
  );
}

interface PartProps {
  draft: SimulationDraft;
  problems: readonly FieldProblem[];
  onChange: (change: Partial<SimulationDraft>) => void;
}

function WhichPart({ draft, problems, onChange }: PartProps) {
  const { t } = useText();
  const rows = useQuery(recentBundlesQuery).data ?? [];
  const revisions = rows.map((row) => {
    const text = `${row.bundle_id} ${row.rev} · ${t(`bundle_status.${row.status}`)}`;
    return [revName(row), text] as const;
  });
  return (
    <FormPart title={t("simulation.which")}>
      <PickInput
        label={t("simulation.candidate")}
        value={draft.of}
        choices={[["", t("form.choose")], ...revisions]}
        problems={[...problemsAt(problems, "rev"), ...problemsAt(problems, "bundle_id")]}
        onChoose={(of) => onChange({ of })}
      />
      <PickInput
        label={t("simulation.against")}
        value={draft.against}
        choices={[[ACTIVE, t("diff.active")], ...revisions]}
        problems={problemsAt(problems, "active_rev_ref")}
        onChoose={(against) => onChange({ against })}
      />
      <PickInput
        label={t("research.method")}
        value={draft.method}
        choices={METHODS.map((each) => [each, t(`simulation_method.${each}`)] as const)}
        problems={problemsAt(problems, "method")}
        hint={t(`simulation_method.${draft.method}.hint`)}
        onChoose={(method) => onChange({ method })}
      />
    </FormPart>
  );
}

function WhenPart({ draft, problems, onChange }: PartProps) {
  const { t } = useText();
  const { serverNow } = useLive();
  const instruments = useQuery(instrumentsQuery).data ?? [];
  const toggle = (id: string) =>
    onChange({
      instruments: draft.instruments.includes(id)
        ? draft.instruments.filter((each) => each !== id)
        : [...draft.instruments, id],
    });
  return (
    <FormPart title={t("research.window")} hint={t("form.window.hint")}>
      <div className="field wide-field">
        <span className="presets">
          {PRESETS.map((preset) => (
            <button
              key={preset}
              type="button"
              className="button"
              onClick={() => onChange(windowOf(preset, serverNow()))}
            >
              {t(`preset.${preset}`)}
            </button>
          ))}
        </span>
      </div>
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="datetime-local"
          label={t(`form.${end}`)}
          value={draft[end]}
          problems={problemsAt(problems, end === "from" ? "window.from_ts" : "window.to_ts")}
          onChange={(text) => onChange({ [end]: text })}
        />
      ))}
      <fieldset className="choice-field wide-field">
        <legend>{t("simulation.instruments")}</legend>
        <div className="choice-row">
          {instruments.map(({ instrument }) => (
            <label key={instrument} className="check">
              <input
                type="checkbox"
                checked={draft.instruments.includes(instrument)}
                onChange={() => toggle(instrument)}
              />
              {instrument}
            </label>
          ))}
        </div>
        <Problems problems={problemsAt(problems, "instruments")} />
      </fieldset>
      <Problems problems={problems.filter(({ field }) => /(^|\.)window$/.test(field))} />
    </FormPart>
  );
}

function SensitivityPart({ draft, problems, onChange }: PartProps) {
  const { t } = useText();
  const text = (field: "epsilon_pct" | "topk" | "n_eval", at: string) => ({
    label: t(`simulation.${field}`),
    value: draft[field],
    problems: problemsAt(problems, at),
    onChange: (value: string) => onChange({ [field]: value }),
  });
  return (
    <FormPart title={t("simulation.sensitivity")} hint={t("simulation.sensitivity.hint")}>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.sensitivity}
          onChange={() => onChange({ sensitivity: !draft.sensitivity })}
        />
        {t("simulation.with_sensitivity")}
      </label>
      {draft.sensitivity ? (
        <>
          <TextInput {...text("epsilon_pct", "sensitivity.epsilon")} inputMode="decimal" />
          <TextInput {...text("topk", "sensitivity.topk")} inputMode="numeric" />
          <TextInput {...text("n_eval", "sensitivity.n_eval")} inputMode="numeric" />
        </>
      ) : null}
    </FormPart>
  );
}
