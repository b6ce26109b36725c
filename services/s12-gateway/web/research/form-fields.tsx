/** Labelled fields of the research forms, each with what is wrong with it right below. */
import { type ReactNode, useId } from "react";
import type { FieldProblem } from "../../../../shared/client/problem.ts";
import { MESSAGES, type MessageKey, type Translate, useText } from "../i18n/translate.ts";

/** What the form itself sees is told by a code, what the service says in its own words. */
export const problemText = (t: Translate, { message }: FieldProblem): string =>
  Object.hasOwn(MESSAGES.en, `form.wrong.${message}`) ? t(`form.wrong.${message}` as MessageKey) : message;

export function Problems({ id, problems }: { id?: string; problems: readonly FieldProblem[] }) {
  const { t } = useText();
  if (problems.length === 0) return null;
  return (
    <span id={id} className="form-error" role="alert">
      {problems.map((problem) => problemText(t, problem)).join(" ")}
    </span>
  );
}

interface TextInputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  problems?: readonly FieldProblem[];
  type?: "text" | "datetime-local";
  inputMode?: "decimal" | "numeric";
  hint?: ReactNode;
  /** The id of a list of suggestions. */
  list?: string;
  className?: string;
  maxLength?: number;
}

export function TextInput({ label, value, onChange, problems = [], hint, className = "", ...input }: TextInputProps) {
  const id = useId();
  const wrong = problems.length > 0;
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        autoComplete="off"
        spellCheck={false}
        {...(input.type === "datetime-local" && { step: 1 })}
        {...input}
        value={value}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {hint ? <span className="muted">{hint}</span> : null}
      <Problems id={`${id}-wrong`} problems={problems} />
    </div>
  );
}

interface TextAreaProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  problems?: readonly FieldProblem[];
  rows: number;
  isCode?: boolean;
  maxLength?: number;
}

export function TextArea({ label, value, onChange, problems = [], rows, isCode = false, maxLength }: TextAreaProps) {
  const id = useId();
  const wrong = problems.length > 0;
  return (
    <div className="field wide-field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        className={isCode ? "code-area" : undefined}
        spellCheck={!isCode}
        maxLength={maxLength}
        value={value}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      <Problems id={`${id}-wrong`} problems={problems} />
    </div>
  );
}

interface PickInputProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [value: T, text: string])[];
  onChoose: (value: T) => void;
  problems?: readonly FieldProblem[];
  hint?: ReactNode;
}

export function PickInput<T extends string>({
  label,
  value,
  choices,
  onChoose,
  problems = [],
  hint,
}: PickInputProps<T>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.target.value as T)}>
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
      {hint ? <span className="muted">{hint}</span> : null}
      <Problems problems={problems} />
    </div>
  );
}

export function FormPart({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <fieldset className="form-part">
      <legend>{title}</legend>
      {hint ? <p className="muted">{hint}</p> : null}
      <div className="form-fields">{children}</div>
    </fieldset>
  );
}
