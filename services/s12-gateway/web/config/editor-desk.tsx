/** The editor at work: text with marks on the left, findings and help on the right, the way to a draft above. */
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { after, now } from "../api/now.ts";
import { useText } from "../i18n/translate.ts";
import { Panel } from "../parts/states.tsx";
import { mayResearch, useMe } from "../state/me.ts";
import { CodeArea, insertText, LINE_PX } from "./code-area.tsx";
import { EditorHead } from "./editor-head.tsx";
import { FindingList } from "./finding-list.tsx";
import { type Finding, findingsOf, NO_YAML, nextFinding, suggestedEdit } from "./findings.ts";
import { keepText } from "./kept-draft.ts";
import { movedMarks } from "./line-paint.ts";
import { highestRevQuery, lintQuery } from "./queries.ts";
import { SchemaPanel } from "./schema-panel.tsx";
import { useDrafting } from "./use-drafting.ts";
import { mapAt, type Path, pathAt, readYaml, saidBy } from "./yaml-places.ts";

const LINT_AFTER_MS = 350;

interface EditorDeskProps {
  first: string;
  /** The revision it began from. */
  of: string;
  /** It was being worked on before. */
  isKept: boolean;
  /** Throws the text away and begins again. */
  onBegin: () => void;
}

export function EditorDesk({ first, of, isKept, onBegin }: EditorDeskProps) {
  const { t } = useText();
  const may = mayResearch(useMe());
  const [text, setText] = useState(first);
  const [caret, setCaret] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const statusId = useId();
  const isChanged = text !== first || isKept;
  const rested = useRested(text);
  const isRoomy = useKept({ text: rested, of, isChanged });
  const drafting = useDrafting();
  const { yaml, value, lint, findings } = useChecked(rested, { may, isKept: drafting.isSuccess });
  const path = useMemo(() => pathAt(yaml, caret), [yaml, caret]);
  const isBusy = rested !== text || lint.isFetching;
  const errors = findings.filter(({ severity }) => severity === "error").length;

  const change = (next: string) => {
    setText(next);
    drafting.reset();
  };
  const goTo = (finding: Finding | undefined) => {
    if (!area.current || !finding) return;
    area.current.focus();
    area.current.setSelectionRange(finding.from, finding.to);
    area.current.scrollTop = Math.max(0, (finding.line - 1) * LINE_PX - area.current.clientHeight / 3);
  };
  const keep = () => {
    if (may && !drafting.isPending && errors === 0) drafting.mutate(text);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const isSave = (event.ctrlKey || event.metaKey) && event.key === "s";
    if (!isSave && event.key !== "F8") return false;
    event.preventDefault();
    if (isSave) keep();
    else goTo(nextFinding(findings, caret, event.shiftKey ? -1 : 1));
    return true;
  };
  return (
    <div className="editor">
      <EditorHead
        of={of}
        text={text}
        report={lint.data}
        isChanged={isChanged}
        isBusy={isBusy}
        errors={errors}
        drafting={drafting}
        onKeep={keep}
        onBegin={onBegin}
        onFile={change}
      />
      {isRoomy ? null : <p className="form-error padded">{t("editor.no_room")}</p>}
      <div className="editor-desk">
        <CodeArea
          label={t("editor.text")}
          text={text}
          marks={movedMarks(findings, rested, text)}
          area={area}
          onChange={change}
          onCaret={setCaret}
          onKey={onKey}
          describedBy={statusId}
        />
        <aside className="editor-side">
          <Panel
            className="editor-findings"
            title={t("editor.findings")}
            aside={<Verdict id={statusId} may={may} isBusy={isBusy} findings={findings} error={lint.error} />}
          >
            <FindingList
              yaml={yaml}
              findings={findings}
              isPassed={lint.data?.passed === true && errors === 0}
              onGo={goTo}
              onApply={(finding) => area.current && insertText(area.current, suggestedEdit(text, finding))}
              isCurrent={rested === text}
            />
          </Panel>
          <SchemaPanel
            path={path}
            document={value}
            present={mapAt(yaml, path)?.keys}
            onInsert={(line) => rested === text && area.current && insertKey(area.current, { yaml, path, line })}
          />
        </aside>
      </div>
    </div>
  );
}

function insertKey(area: HTMLTextAreaElement, asked: { yaml: ReturnType<typeof readYaml>; path: Path; line: string }) {
  const map = mapAt(asked.yaml, asked.path);
  if (!map) return;
  const insert = `\n${map.indent}${asked.line}`;
  const end = map.insertAt + insert.length;
  insertText(area, { from: map.insertAt, to: map.insertAt, insert, select: [end, end] });
}

function useChecked(text: string, { may, isKept }: { may: boolean; isKept: boolean }) {
  const yaml = useMemo(() => readYaml(text), [text]);
  const known = useQuery(highestRevQuery).data;
  // Its revision is taken by itself.
  const highest = isKept ? undefined : known;
  const lint = useQuery({ ...lintQuery(text), enabled: may && yaml.faults.length === 0 });
  const findings = useMemo(() => findingsOf(yaml, lint.data, highest), [yaml, lint.data, highest]);
  const value = useMemo(() => saidBy(yaml), [yaml]);
  return { yaml, value, lint, findings };
}

/** The text once nobody has typed for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => after(LINT_AFTER_MS, () => setRested(text)), [text]);
  return rested;
}

/** Keeps it in this browser; false: there is no room for it. */
function useKept({ text, of, isChanged }: { text: string; of: string; isChanged: boolean }): boolean {
  const [isRoomy, setRoomy] = useState(true);
  useEffect(() => {
    if (isChanged) setRoomy(keepText({ text, of, ts: now() }));
  }, [text, of, isChanged]);
  return isRoomy;
}

interface VerdictProps {
  id: string;
  may: boolean;
  isBusy: boolean;
  findings: readonly Finding[];
  error: Error | null;
}

function Verdict({ id, may, isBusy, findings, error }: VerdictProps) {
  const { t } = useText();
  const of = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const isText = findings.some(({ code }) => code === NO_YAML);
  const words = (): string => {
    if (!may && !isText) return t("editor.not_checked");
    if (isBusy) return t("editor.checking");
    if (error) return error instanceof ApiProblem && error.status !== 0 ? t.say(error.message) : t("error.network");
    if (findings.length === 0) return t("editor.passed");
    return t("editor.counts", { errors: of("error"), warnings: of("warning"), hints: of("hint") });
  };
  return (
    <span id={id} className="lint-verdict" role="status" data-bad={of("error") > 0 || undefined}>
      {words()}
    </span>
  );
}
