/** What a model and a program had to say about an entry, or why they had no say. */
import { numberText, percentText } from "../format/numbers.ts";
import { useText } from "../i18n/translate.ts";
import type { ToldDecision } from "../state/decision-steps.ts";
import { modelSaid, wishSaid } from "../stories/step-words.ts";
import { Contributions, ProbabilityBar } from "./decision-bars.tsx";

export function ModelStep({ decision: { model, basis } }: { decision: ToldDecision }) {
  const { t } = useText();
  if (!model) return null;
  return (
    <>
      <p>{modelSaid(t, model)}</p>
      {model.p === null ? null : <ProbabilityBar p={model.p} cutoffs={basis?.cutoffs ?? []} />}
      <Contributions model={model} />
      <p className="muted">
        <code>{model.model_id}</code> <code title={model.hash}>{model.hash.slice(0, 8)}</code>
        {model.ms === undefined ? null : ` · ${t("decision.took", { ms: numberText(model.ms, 2) })}`}
        {model.p === null ? null : ` · ${percentText(model.p, 2)}`}
      </p>
    </>
  );
}

export function ProgramStep({ decision: { program, basis } }: { decision: ToldDecision }) {
  const { t } = useText();
  if (!program) return null;
  return (
    <>
      <p>{wishSaid(t, program)}</p>
      {program.wish?.why ? <blockquote>{program.wish.why}</blockquote> : null}
      {program.detail ? <p className="form-error">{program.detail}</p> : null}
      <p className="muted">
        <code>{program.program_id}</code> <code title={program.hash}>{program.hash.slice(0, 8)}</code>
      </p>
      <details>
        <summary>{t("decision.program.state")}</summary>
        <div className="states">
          <State title={t("decision.program.before")} state={basis?.state_before} />
          <State title={t("decision.program.after")} state={program.state} />
        </div>
      </details>
    </>
  );
}

function State({ title, state }: { title: string; state: unknown }) {
  const { t } = useText();
  return (
    <figure>
      <figcaption className="muted">{title}</figcaption>
      {state === undefined ? (
        <p className="muted">{t("decision.program.not_kept")}</p>
      ) : (
        <pre>{JSON.stringify(state, null, 2)}</pre>
      )}
    </figure>
  );
}
