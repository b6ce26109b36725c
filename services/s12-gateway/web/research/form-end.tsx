/** The end of a research form: what is wrong with no field of it, why it was refused, and the button. */
import { ApiProblem, AwaitsApproval, type FieldProblem } from "../../../../shared/client/problem.ts";
import { useText } from "../i18n/translate.ts";
import { AwaitsWords } from "../parts/awaits-words.tsx";
import { useMe } from "../state/me.ts";
import { problemText } from "./form-fields.tsx";

interface FormEndProps {
  problems: readonly FieldProblem[];
  /** Whether the form shows it at a field. */
  isShown: (problem: FieldProblem) => boolean;
  error: unknown;
  isBusy: boolean;
  may: boolean;
  submit: string;
}

export function FormEnd({ problems, isShown, error, isBusy, may, submit }: FormEndProps) {
  const { t } = useText();
  const me = useMe();
  const beside = problems.filter((problem) => !isShown(problem));
  const placed = problems.length - beside.length;
  return (
    <div className="form-end">
      {placed > 0 ? (
        <p className="form-error" role="alert">
          {t("form.look_above", { count: placed })}
        </p>
      ) : null}
      {beside.map((problem) => (
        <p key={`${problem.field}/${problem.message}`} className="form-error" role="alert">
          <code>{problem.field}</code> {problemText(t, problem)}
        </p>
      ))}
      {error instanceof AwaitsApproval ? <AwaitsWords waits={error} onFollow={() => undefined} /> : null}
      {error && !(error instanceof AwaitsApproval) && placed === 0 ? (
        <p className="form-error" role="alert">
          {error instanceof ApiProblem && error.status !== 0 ? t.say(error.message) : t("error.network")}
        </p>
      ) : null}
      <button type="submit" className="button primary" disabled={!may || isBusy}>
        {isBusy ? t("act.busy") : submit}
      </button>
      {may ? null : <p className="muted">{t("act.forbidden", { role: me?.role ?? "–" })}</p>}
    </div>
  );
}
