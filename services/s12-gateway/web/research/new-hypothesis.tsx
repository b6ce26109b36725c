/** Putting a hypothesis on record: a statement that its design can refute, fixed before it is looked at. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { freshKey } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { useLive } from "../state/live.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { recordHypothesis } from "./acts.ts";
import { type Draft, designOf, isShown, newDraft, problemsAt } from "./design.ts";
import { DesignForm } from "./design-form.tsx";
import { FormEnd } from "./form-end.tsx";
import { TextArea, TextInput } from "./form-fields.tsx";
import { ResearchLink } from "./links.tsx";
import { idOf } from "./place.ts";

const TITLE_MAX = 200;
const STATEMENT_MAX = 4_000;
const OWN_FIELDS = ["hypothesis_id", "statement", "family"];

export function NewHypothesisPage() {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const { serverNow } = useLive();
  const [draft, setDraft] = useState(() => newDraft(serverNow()));
  const [said, setSaid] = useState({ hypothesis_id: "", statement: "", family: "default" });
  const [isTried, setTried] = useState(false);
  const [key, setKey] = useState(freshKey);
  const recording = useMutation({
    mutationFn: () => recordHypothesis({ ...said, title: draft.title, design: designOf(draft).design }, key),
    onSuccess: ({ hypothesis_id }) => {
      void client.invalidateQueries({ queryKey: ["hypotheses"] });
      go({ id: idOf({ at: "hypothesis", id: hypothesis_id }), asked: {} });
    },
  });
  const answered = recording.error instanceof ApiProblem ? recording.error.errors : [];
  const problems = [...(isTried ? designOf(draft).problems : []), ...answered];
  const change = (part: Partial<Draft>) => {
    setDraft((now) => ({ ...now, ...part }));
    setKey(freshKey());
    recording.reset();
  };
  const say = (part: Partial<typeof said>) => {
    setSaid((now) => ({ ...now, ...part }));
    change({});
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (designOf(draft).problems.length === 0) recording.mutate();
  };
  return (
    <Panel
      className="research-form page-panel"
      title={t("research.new-hypothesis")}
      aside={<ResearchLink to={{ at: "hypotheses" }}>← {t("research.hypotheses")}</ResearchLink>}
    >
      <p className="muted padded">{t("hypotheses.new.about")}</p>
      <form onSubmit={submit} noValidate>
        <div className="form-fields">
          <TextInput
            label={t("form.title")}
            value={draft.title}
            maxLength={TITLE_MAX}
            problems={problemsAt(problems, "title")}
            onChange={(title) => change({ title })}
          />
          <TextInput
            label={t("hypotheses.id")}
            value={said.hypothesis_id}
            hint={t("hypotheses.id.hint")}
            problems={problemsAt(problems, "hypothesis_id")}
            onChange={(hypothesis_id) => say({ hypothesis_id })}
          />
          <TextInput
            label={t("hypotheses.family_label")}
            value={said.family}
            hint={t("hypotheses.family.hint")}
            problems={problemsAt(problems, "family")}
            onChange={(family) => say({ family })}
          />
          <TextArea
            label={t("hypotheses.statement")}
            rows={3}
            value={said.statement}
            maxLength={STATEMENT_MAX}
            problems={problemsAt(problems, "statement")}
            onChange={(statement) => say({ statement })}
          />
        </div>
        <DesignForm draft={draft} problems={problems} onChange={change} />
        <FormEnd
          problems={problems}
          isShown={(problem) => OWN_FIELDS.includes(problem.field) || isShown(draft, problem)}
          error={recording.error}
          isBusy={recording.isPending}
          may={mayResearch(me)}
          submit={t("hypotheses.record")}
        />
      </form>
    </Panel>
  );
}
