/** The fields of a design, in the order in which one thinks of them: what, on which past, searched how, judged how. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import type { Bundle } from "../../../../shared/domain/bundle.ts";
import { activeQuery, instrumentsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { useLive } from "../state/live.ts";
import { pathsOf } from "./bundle-paths.ts";
import {
  BUNDLE_CHOICES,
  type Draft,
  gridSize,
  METHODS_THAT_SEARCH,
  METHODS_WITH_FOLDS,
  problemsAt,
  readBundle,
  WINDOW_PRESETS,
  type WindowPreset,
  windowOf,
} from "./design.ts";
import { FormPart, PickInput, Problems, TextArea, TextInput } from "./form-fields.tsx";
import { ParamsEditor } from "./params-editor.tsx";
import { bundlesQuery, METHODS } from "./queries.ts";

const SOURCES = ["exchange", "library", "recordings"] as const;
const FORMS = ["bars", "trades", "book"] as const;
const TIMEFRAMES = ["1s", "1m", "5m", "15m", "1h"] as const;
const SEARCH_KINDS = ["auto", "grid", "random", "genetic"] as const;
const OBJECTIVES = ["sharpe", "sortino", "calmar", "net_usdt", "profit_factor", "expectancy_usdt"] as const;
const BENCHMARKS = ["unchanged", "hold", "none"] as const;

interface DesignFormProps {
  draft: Draft;
  problems: readonly FieldProblem[];
  onChange: (change: Partial<Draft>) => void;
}

export function DesignForm(props: DesignFormProps) {
  return (
    <>
      <BundlePart {...props} />
      <DataPart {...props} />
      <WindowPart {...props} />
      <SearchPart {...props} />
      <JudgePart {...props} />
    </>
  );
}

function BundlePart({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  const bundles = useQuery(bundlesQuery).data ?? [];
  const wrong = problemsAt(problems, "bundle");
  return (
    <FormPart title={t("research.bundle")} hint={t("form.bundle.hint")}>
      <PickInput
        label={t("form.bundle")}
        value={draft.bundle}
        choices={BUNDLE_CHOICES.map((each) => [each, t(`form.bundle.${each}`)] as const)}
        onChoose={(bundle) => onChange({ bundle })}
      />
      {draft.bundle === "kept" ? (
        <PickInput
          label={t("form.revision")}
          value={draft.kept}
          choices={[
            ["", t("form.choose")],
            ...bundles.map(({ bundle_id, rev, status }) => {
              const id = `${bundle_id}@${rev}`;
              return [id, `${bundle_id} ${rev} · ${status}`] as const;
            }),
          ]}
          onChoose={(kept) => onChange({ kept })}
        />
      ) : null}
      {draft.bundle === "pasted" ? (
        <TextArea
          label={t("form.pasted")}
          rows={10}
          isCode
          value={draft.pasted}
          problems={wrong}
          onChange={(pasted) => onChange({ pasted })}
        />
      ) : (
        <Problems problems={wrong} />
      )}
    </FormPart>
  );
}

function DataPart({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  const instruments = useQuery(instrumentsQuery).data ?? [];
  const at = (field: string) => problemsAt(problems, `data.${field}`);
  const rest = problems.filter(({ field }) => /(^|\.)data$/.test(field));
  const toggle = (id: string) =>
    onChange({
      instruments: draft.instruments.includes(id)
        ? draft.instruments.filter((each) => each !== id)
        : [...draft.instruments, id],
    });
  return (
    <FormPart title={t("research.data")}>
      <PickInput
        label={t("form.source")}
        value={draft.source}
        choices={SOURCES.map((each) => [each, t(`source.${each}`)] as const)}
        problems={at("source")}
        hint={t(`source.${draft.source}.hint`)}
        onChoose={(source) => onChange({ source, ...(source === "exchange" && { form: "bars" }) })}
      />
      <PickInput
        label={t("form.form")}
        value={draft.form}
        choices={(draft.source === "exchange" ? (["bars"] as const) : FORMS).map(
          (each) => [each, t(`form.${each}`)] as const,
        )}
        problems={at("form")}
        hint={t(`form.${draft.form}.hint`)}
        onChoose={(form) => onChange({ form })}
      />
      {draft.form === "bars" ? (
        <PickInput
          label={t("form.timeframe")}
          value={draft.timeframe}
          choices={[...new Set([draft.timeframe, ...TIMEFRAMES])].map((each) => [each, each] as const)}
          problems={at("timeframe")}
          onChoose={(timeframe) => onChange({ timeframe })}
        />
      ) : null}
      <PickInput
        label={t("form.on_problem")}
        value={draft.on_problem}
        choices={[
          ["refuse", t("form.on_problem.refuse")],
          ["repair", t("form.on_problem.repair")],
        ]}
        onChoose={(on_problem) => onChange({ on_problem })}
      />
      <fieldset className="choice-field wide-field">
        <legend>{t("form.instruments")}</legend>
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
        <Problems problems={[...at("instruments"), ...rest]} />
      </fieldset>
    </FormPart>
  );
}

function WindowPart({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  const { serverNow } = useLive();
  const wrong = (field: string) => problemsAt(problems, field);
  return (
    <FormPart title={t("research.window")} hint={t("form.window.hint")}>
      <div className="presets wide-field">
        {(Object.keys(WINDOW_PRESETS) as WindowPreset[]).map((preset) => (
          <button key={preset} type="button" className="button" onClick={() => onChange(windowOf(preset, serverNow()))}>
            {t(`preset.${preset}`)}
          </button>
        ))}
      </div>
      {(["from", "to"] as const).map((end) => (
        <TextInput
          key={end}
          type="datetime-local"
          label={t(end === "from" ? "form.from" : "form.to")}
          value={draft[end]}
          problems={wrong(`window.${end}`)}
          onChange={(text) => onChange({ [end]: text })}
        />
      ))}
      <Problems problems={problems.filter(({ field }) => /(^|\.)window$/.test(field))} />
    </FormPart>
  );
}

function SearchPart({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  const active = useQuery(activeQuery).data?.bundle;
  const { bundle, pasted } = draft;
  const paths = useMemo(() => {
    const read = bundle === "pasted" ? (readBundle(pasted) as Partial<Bundle> | undefined) : undefined;
    const shown = read ?? active;
    return shown ? pathsOf(shown) : [];
  }, [bundle, pasted, active]);
  const searches = METHODS_THAT_SEARCH.includes(draft.method);
  const size = draft.method === "GRID" ? gridSize(draft.params) : undefined;
  return (
    <FormPart title={t("form.search")}>
      <PickInput
        label={t("research.method")}
        value={draft.method}
        choices={METHODS.map((each) => [each, t(`method.${each}`)] as const)}
        problems={problemsAt(problems, "method")}
        hint={t(`method.${draft.method}.hint`)}
        onChoose={(method) => onChange({ method })}
      />
      {METHODS_WITH_FOLDS.includes(draft.method) ? (
        <FoldFields draft={draft} problems={problems} onChange={onChange} />
      ) : null}
      {searches ? (
        <>
          <TextInput
            label={t("form.trials_max")}
            value={draft.trials_max}
            inputMode="numeric"
            problems={problemsAt(problems, "search.trials_max")}
            hint={size ? t("form.grid_size", { count: size }) : undefined}
            onChange={(trials_max) => onChange({ trials_max })}
          />
          <TextInput
            label={t("form.trades_min")}
            value={draft.trades_min}
            inputMode="numeric"
            problems={problemsAt(problems, "search.trades_min")}
            onChange={(trades_min) => onChange({ trades_min })}
          />
          <div className="wide-field">
            <h3>{t("params.title")}</h3>
            <ParamsEditor
              params={draft.params}
              paths={paths}
              problems={problemsAt(problems, "params")}
              onChange={(params) => onChange({ params })}
            />
          </div>
        </>
      ) : null}
    </FormPart>
  );
}

function FoldFields({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  return (
    <>
      <TextInput
        label={t("form.folds")}
        value={draft.fold_count}
        inputMode="numeric"
        problems={problemsAt(problems, "folds.count")}
        onChange={(fold_count) => onChange({ fold_count })}
      />
      <TextInput
        label={t("form.embargo")}
        value={draft.embargo_min}
        inputMode="decimal"
        problems={problemsAt(problems, "folds.embargo_ms")}
        hint={t("form.embargo.hint")}
        onChange={(embargo_min) => onChange({ embargo_min })}
      />
      <PickInput
        label={t("form.search_kind")}
        value={draft.search_kind}
        choices={SEARCH_KINDS.map((each) => [each, t(`search_kind.${each}`)] as const)}
        problems={problemsAt(problems, "search.kind")}
        onChoose={(search_kind) => onChange({ search_kind })}
      />
      {draft.method === "WALK_FORWARD" ? (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.anchored}
            onChange={(event) => onChange({ anchored: event.target.checked })}
          />
          {t("form.anchored")}
        </label>
      ) : null}
    </>
  );
}

function JudgePart({ draft, problems, onChange }: DesignFormProps) {
  const { t } = useText();
  return (
    <FormPart title={t("form.judge")}>
      <PickInput
        label={t("research.objective")}
        value={draft.objective}
        choices={OBJECTIVES.map((each) => [each, t(`objective.${each}`)] as const)}
        problems={problemsAt(problems, "objective")}
        onChoose={(objective) => onChange({ objective })}
      />
      <PickInput
        label={t("form.benchmark")}
        value={draft.benchmark}
        choices={BENCHMARKS.map((each) => [each, t(`benchmark.${each}`)] as const)}
        problems={problemsAt(problems, "benchmark")}
        onChoose={(benchmark) => onChange({ benchmark })}
      />
      {(["spot_usdt", "fut_usdt"] as const).map((wallet) => (
        <TextInput
          key={wallet}
          label={t(`form.${wallet}`)}
          value={draft[wallet]}
          inputMode="decimal"
          problems={problemsAt(problems, `wallets.${wallet}`)}
          onChange={(text) => onChange({ [wallet]: text })}
        />
      ))}
      <TextInput
        label={t("research.seed")}
        value={draft.seed}
        inputMode="numeric"
        problems={problemsAt(problems, "seed")}
        hint={t("form.seed.hint")}
        onChange={(seed) => onChange({ seed })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={draft.checks}
          onChange={(event) => onChange({ checks: event.target.checked })}
        />
        {t("form.checks")}
      </label>
    </FormPart>
  );
}
