/** Above the editor's text: what it is, what can be done with it, and what came of keeping it. */
import { type ChangeEvent, useRef, useState } from "react";
import { ApiProblem, AwaitsApproval } from "../../../../shared/client/problem.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { AwaitsWords } from "../parts/awaits-words.tsx";
import { saveAs } from "../parts/save-as.ts";
import { mayPromote, mayResearch, useMe } from "../state/me.ts";
import { beginAgainAct, stageAct } from "./acts.ts";
import { ConfigLink, HashText, RevLink } from "./links.tsx";
import type { LintReport } from "./lint-report.ts";
import { ACTIVE, DRAFT, revName } from "./place.ts";
import type { Drafting } from "./use-drafting.ts";

interface EditorHeadProps {
  of: string;
  text: string;
  report: LintReport | undefined;
  isChanged: boolean;
  isBusy: boolean;
  errors: number;
  drafting: Drafting;
  onKeep: () => void;
  onBegin: () => void;
  onFile: (text: string) => void;
}

export function EditorHead(props: EditorHeadProps) {
  const { of, text, report, isChanged, isBusy, errors, drafting, onKeep, onBegin, onFile } = props;
  const { t } = useText();
  const me = useMe();
  const may = mayResearch(me);
  const [act, setAct] = useState<Act>();
  return (
    <header className="editor-head panel">
      <p className="editor-what">
        <strong>{t(isChanged ? "editor.draft_of" : "editor.copy_of", { of: of || t("editor.a_file") })}</strong>
        {report?.hash ? <HashText hash={report.hash} /> : null}
        {isChanged ? <span className="muted">{t("editor.kept_here")}</span> : null}
      </p>
      <span className="panel-acts">
        {isChanged ? (
          <button type="button" className="button" onClick={() => setAct(beginAgainAct(t, onBegin))}>
            {t("editor.begin_again")}…
          </button>
        ) : null}
        <FileButton onFile={onFile} />
        <button type="button" className="button" onClick={() => saveAs("chimera-draft.yaml", text, "application/yaml")}>
          {t("config.export_yaml")}
        </button>
        <ConfigLink to={{ at: "diff", from: ACTIVE, to: DRAFT }} className="button">
          {t("config.compare_active")}
        </ConfigLink>
        <button
          type="button"
          className="button primary"
          disabled={!may || isBusy || errors > 0 || drafting.isPending}
          title={t("editor.keep.hint")}
          onClick={onKeep}
        >
          {drafting.isPending ? t("act.busy") : t("editor.keep")}
        </button>
      </span>
      {may ? null : <p className="muted">{t("act.forbidden", { role: me ? t(`role.${me.role}`) : "–" })}</p>}
      <Outcome drafting={drafting} />
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </header>
  );
}

function FileButton({ onFile }: { onFile: (text: string) => void }) {
  const { t } = useText();
  const input = useRef<HTMLInputElement>(null);
  const read = async (event: ChangeEvent<HTMLInputElement>) => {
    const [file] = event.target.files ?? [];
    event.target.value = "";
    if (file) onFile(await file.text());
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".yaml,.yml,.json"
        className="unseen"
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => void read(event)}
      />
      <button type="button" className="button" onClick={() => input.current?.click()}>
        {t("editor.open_file")}
      </button>
    </>
  );
}

function Outcome({ drafting: { data, error } }: { drafting: Drafting }) {
  const { t } = useText();
  const me = useMe();
  const [act, setAct] = useState<Act>();
  if (error instanceof AwaitsApproval) return <AwaitsWords waits={error} />;
  if (error) {
    const isTold = error instanceof ApiProblem && error.status !== 0;
    return (
      <div className="form-error" role="alert">
        <p>{isTold ? t.say(error.message) : t("error.network")}</p>
        {isTold
          ? error.errors.map(({ field, message }) => <p key={field + message}>{`${field}: ${message}`}</p>)
          : null}
      </div>
    );
  }
  if (!data) return null;
  return (
    <div className="outcome editor-outcome" role="status">
      <span>
        {t("editor.is_kept")} <RevLink of={data} />
      </span>
      <button type="button" className="button" onClick={() => setAct(stageAct(t, data))}>
        {t("config.stage")}
      </button>
      <ConfigLink to={{ at: "new-simulation", of: revName(data) }} className="button">
        {t("config.simulate")}
      </ConfigLink>
      {mayPromote(me) ? (
        <ConfigLink to={{ at: "new-promotion", of: revName(data) }} className="button">
          {t("config.promote")}
        </ConfigLink>
      ) : null}
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </div>
  );
}
