/** What was found in the text, line by line: a click goes there, another one puts the suggestion in. */
import { type Translate, useText } from "../i18n/translate.ts";
import { Empty } from "../parts/states.tsx";
import { type Finding, isReplaceable, NO_YAML, REV_TAKEN } from "./findings.ts";
import type { YamlText } from "./yaml-places.ts";

interface FindingListProps {
  yaml: YamlText;
  findings: readonly Finding[];
  isPassed: boolean;
  onGo: (finding: Finding) => void;
  onApply: (finding: Finding) => void;
  /** While the text is being changed, places are not known well enough to change more. */
  isCurrent: boolean;
}

export function FindingList({ yaml, findings, isPassed, onGo, onApply, isCurrent }: FindingListProps) {
  const { t } = useText();
  if (findings.length === 0) return isPassed ? <Empty>{t("editor.nothing_found")}</Empty> : null;
  return (
    <ul className="findings">
      {findings.map((finding) => (
        <li key={`${finding.code}/${finding.path}/${finding.from}`} data-severity={finding.severity}>
          <button type="button" className="finding" onClick={() => onGo(finding)}>
            <span className="finding-line">{finding.line}</span>
            <span className="finding-text">
              <span className="finding-mark">{t(`finding.${finding.severity}`)}</span> {messageOf(t, finding)}
              {finding.path === "" ? null : <code className="finding-path">{finding.path}</code>}
            </span>
          </button>
          {isReplaceable(yaml, finding) ? (
            <button type="button" className="button" disabled={!isCurrent} onClick={() => onApply(finding)}>
              {t("finding.apply", { suggestion: finding.suggestion ?? "" })}
            </button>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function messageOf(t: Translate, { code, message }: Finding): string {
  if (code === REV_TAKEN) return t("finding.rev_taken", { rev: message });
  return code === NO_YAML ? t("finding.no_yaml", { message }) : message;
}
