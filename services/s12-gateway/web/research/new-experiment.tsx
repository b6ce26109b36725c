/** Starting an experiment: its design as a form, perhaps beginning as a copy of another one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { freshKey } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { Loaded, Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { useLive } from "../state/live.ts";
import { mayResearch, useMe } from "../state/me.ts";
import { runExperiment } from "./acts.ts";
import { type Draft, designOf, draftOf, isShown, newDraft, problemsAt } from "./design.ts";
import { DesignForm } from "./design-form.tsx";
import { FormEnd } from "./form-end.tsx";
import { TextInput } from "./form-fields.tsx";
import { ResearchLink } from "./links.tsx";
import { experimentQuery } from "./queries.ts";

const TITLE_MAX = 200;

export function NewExperimentPage({ like }: { like: string | undefined }) {
  return like === undefined ? <Fresh /> : <Again id={like} />;
}

function Fresh() {
  const { serverNow } = useLive();
  const [first] = useState(() => newDraft(serverNow()));
  return <ExperimentForm first={first} />;
}

function Again({ id }: { id: string }) {
  const query = useQuery({ ...experimentQuery(id), refetchInterval: false });
  return (
    <Loaded query={query} rows={10}>
      {({ design, title }) => <ExperimentForm first={draftOf(design, title)} />}
    </Loaded>
  );
}

function ExperimentForm({ first }: { first: Draft }) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [draft, setDraft] = useState(first);
  const [isTried, setTried] = useState(false);
  // Another body under the same key would be refused, so each change is a new act.
  const [key, setKey] = useState(freshKey);
  const running = useMutation({
    mutationFn: () =>
      runExperiment({ design: designOf(draft).design, ...(draft.title && { title: draft.title }) }, key),
    onSuccess: ({ exp_id }) => {
      void client.invalidateQueries({ queryKey: ["experiments"] });
      go({ id: exp_id, asked: {} });
    },
  });
  const own = isTried ? designOf(draft).problems : [];
  const said = running.error instanceof ApiProblem ? running.error.errors : [];
  const problems = [...own, ...said];
  const change = (part: Partial<Draft>) => {
    setDraft((now) => ({ ...now, ...part }));
    setKey(freshKey());
    running.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (designOf(draft).problems.length === 0) running.mutate();
  };
  return (
    <Panel
      className="research-form page-panel"
      title={t("research.new-experiment")}
      aside={<ResearchLink to={{ at: "experiments" }}>← {t("research.experiments")}</ResearchLink>}
    >
      <form onSubmit={submit} noValidate>
        <TextInput
          label={t("form.title")}
          value={draft.title}
          maxLength={TITLE_MAX}
          className="title-field"
          problems={problemsAt(problems, "title")}
          onChange={(title) => change({ title })}
        />
        <DesignForm draft={draft} problems={problems} onChange={change} />
        <FormEnd
          problems={problems}
          isShown={(problem) => isShown(draft, problem)}
          error={running.error}
          isBusy={running.isPending}
          may={mayResearch(me)}
          submit={t("form.run")}
        />
      </form>
    </Panel>
  );
}
