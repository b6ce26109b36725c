/** What a search turns: places of the bundle with their values, found by words, with what stands there now beside. */
import { useId, useState } from "react";
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import { valueText } from "../../../../shared/report/experiment/heat-map.ts";
import { useText } from "../i18n/translate.ts";
import { type BundlePath, suggested, valuesAround } from "./bundle-paths.ts";
import { newParam, type ParamDraft, problemsAt } from "./design.ts";
import { PickInput, Problems, TextInput } from "./form-fields.tsx";

const SUGGESTIONS_MAX = 12;
const PARAMS_MAX = 12;

interface ParamsEditorProps {
  params: readonly ParamDraft[];
  paths: readonly BundlePath[];
  problems: readonly FieldProblem[];
  onChange: (params: readonly ParamDraft[]) => void;
}

export function ParamsEditor({ params, paths, problems, onChange }: ParamsEditorProps) {
  const { t } = useText();
  const replace = (next: ParamDraft) => onChange(params.map((each) => (each.key === next.key ? next : each)));
  const nextKey = Math.max(0, ...params.map(({ key }) => key + 1));
  const own = problems.filter(({ field }) => /(^|\.)params$/.test(field));
  return (
    <div className="params-editor">
      {params.map((param, i) => (
        <ParamRow
          key={param.key}
          param={param}
          paths={paths}
          problems={problemsAt(problems, `params.${i}`)}
          place={i}
          onChange={replace}
          onRemove={() => onChange(params.filter((each) => each !== param))}
        />
      ))}
      {params.length < PARAMS_MAX ? (
        <button type="button" className="button" onClick={() => onChange([...params, newParam(nextKey)])}>
          {t("params.add")}
        </button>
      ) : null}
      <Problems problems={own} />
    </div>
  );
}

interface ParamRowProps {
  param: ParamDraft;
  paths: readonly BundlePath[];
  problems: readonly FieldProblem[];
  place: number;
  onChange: (param: ParamDraft) => void;
  onRemove: () => void;
}

function ParamRow({ param, paths, problems, place, onChange, onRemove }: ParamRowProps) {
  const { t } = useText();
  const at = (name: string) => problemsAt(problems, `params.${place}.${name}`);
  const set = (change: Partial<ParamDraft>) => onChange({ ...param, ...change });
  const known = paths.find(({ path }) => path === param.path);
  // What is said of the place as a whole, or of fields that this form has under another name.
  const rest = problems.filter(
    (problem) => !["path", "values", "min", "max", "step"].some((name) => at(name).includes(problem)),
  );
  return (
    <div className="param-row">
      <PathInput
        param={param}
        paths={paths}
        problems={[...at("path"), ...rest]}
        now={known ? t("params.now", { value: valueText(known.value) }) : undefined}
        onPick={({ path, value }) =>
          set({ path, ...(param.values.trim() === "" && param.kind === "values" && { values: valuesAround(value) }) })
        }
        onType={(path) => set({ path })}
      />
      <PickInput
        label={t("params.kind")}
        value={param.kind}
        choices={[
          ["values", t("params.kind.values")],
          ["range", t("params.kind.range")],
        ]}
        onChoose={(kind) => set({ kind })}
      />
      {param.kind === "values" ? (
        <TextInput
          label={t("params.values")}
          value={param.values}
          problems={at("values")}
          className="grow"
          onChange={(values) => set({ values })}
        />
      ) : (
        <>
          {(["min", "max", "step"] as const).map((name) => (
            <TextInput
              key={name}
              label={t(name === "step" && param.scale === "log" ? "params.factor" : `params.${name}`)}
              value={param[name]}
              problems={at(name)}
              inputMode="decimal"
              className="narrow-field"
              onChange={(text) => set({ [name]: text })}
            />
          ))}
          <PickInput
            label={t("params.scale")}
            value={param.scale}
            choices={[
              ["linear", t("params.scale.linear")],
              ["log", t("params.scale.log")],
            ]}
            onChoose={(scale) => set({ scale })}
          />
        </>
      )}
      <button type="button" className="button quiet remove" aria-label={t("params.remove")} onClick={onRemove}>
        ✕
      </button>
    </div>
  );
}

interface PathInputProps {
  param: ParamDraft;
  paths: readonly BundlePath[];
  problems: readonly FieldProblem[];
  now: string | undefined;
  onPick: (path: BundlePath) => void;
  onType: (path: string) => void;
}

/** A field with its list below: arrows choose, Enter takes, Escape closes. */
function PathInput({ param, paths, problems, now, onPick, onType }: PathInputProps) {
  const { t } = useText();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const shown = open ? suggested(paths, param.path, SUGGESTIONS_MAX) : [];
  const at = Math.min(chosen, shown.length - 1);
  const take = (path: BundlePath) => {
    onPick(path);
    setOpen(false);
  };
  return (
    <div className="field path-field">
      <label htmlFor={id}>{t("params.path")}</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown.length > 0 ? `${id}-${at}` : undefined}
        aria-invalid={problems.length > 0 || undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={t("params.path.hint")}
        value={param.path}
        onChange={(event) => {
          onType(event.target.value);
          setOpen(true);
          setChosen(0);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setOpen(true);
            setChosen(Math.min(shown.length - 1, Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1))));
          } else if (event.key === "Enter" && shown[at]) {
            event.preventDefault();
            take(shown[at]);
          } else if (event.key === "Escape" && open) {
            event.stopPropagation();
            setOpen(false);
          }
        }}
      />
      {shown.length > 0 ? (
        <div id={`${id}-list`} className="path-list" role="listbox" aria-label={t("params.path")}>
          {shown.map((path, i) => (
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and says which one is chosen
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's
            <div
              key={path.path}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(path)}
            >
              <code>{path.path}</code>
              <span className="muted">{valueText(path.value)}</span>
            </div>
          ))}
        </div>
      ) : null}
      {now ? <span className="muted">{now}</span> : null}
      <Problems problems={problems} />
    </div>
  );
}
