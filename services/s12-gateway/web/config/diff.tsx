/** Two revisions side by side: what differs in words, then by document and path, then line by line. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useText } from "../i18n/translate.ts";
import { Select } from "../parts/select.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { go } from "../state/address.ts";
import { ChangeTable } from "./change-table.tsx";
import { summaryWords } from "./diff-words.ts";
import { keptDraft } from "./kept-draft.ts";
import { folded, lineDiff } from "./line-diff.ts";
import { RevLink } from "./links.tsx";
import { ACTIVE, DRAFT, idOf, revName } from "./place.ts";
import { type BundleDiff, diffQuery, recentBundlesQuery } from "./queries.ts";
import { SideBySide } from "./side-by-side.tsx";
import { useSideText } from "./use-side-text.ts";

interface DiffPageProps {
  from: string;
  to: string;
}

export function DiffPage(sides: DiffPageProps) {
  // What stands in the editor is what something is turned into.
  const { from, to } = sides.from === DRAFT ? { from: sides.to, to: DRAFT } : sides;
  const { t } = useText();
  const rows = useQuery(recentBundlesQuery).data;
  const hasDraft = keptDraft() !== undefined;
  const choices = [
    ["", "–"],
    [ACTIVE, t("diff.active")],
    ...(hasDraft ? [[DRAFT, t("diff.draft")] as const] : []),
    ...(rows ?? []).map((row) => [revName(row), `${row.bundle_id} ${row.rev}`] as const),
  ] as const;
  const known = new Set(choices.map(([value]) => value));
  // A revision of long ago is not in the list, and still is one side.
  const all = [...choices, ...[from, to].filter((side) => !known.has(side)).map((side) => [side, side] as const)];
  const turn = (sides: DiffPageProps) => go({ id: idOf({ at: "diff", ...sides }) }, "settle");
  return (
    <div className="experiment">
      <search className="filters diff-sides panel">
        <Select label={t("diff.from")} value={from} choices={all} onChoose={(side) => turn({ from: side, to })} />
        <button type="button" className="button" onClick={() => turn({ from: to, to: from })} title={t("diff.swap")}>
          ⇄
        </button>
        <Select label={t("diff.to")} value={to} choices={all} onChoose={(side) => turn({ from, to: side })} />
      </search>
      {from === "" || to === "" ? (
        <section className="panel page-panel" aria-label={t("config.diff")}>
          <Empty>{t("diff.choose")}</Empty>
        </section>
      ) : (
        <Compared key={`${from}/${to}`} from={from} to={to} />
      )}
    </div>
  );
}

function Compared({ from, to }: DiffPageProps) {
  const { t } = useText();
  const query = useQuery(diffQuery(from, to));
  return (
    <div className="experiment-panels">
      <Panel title={t("diff.summary")}>
        <Loaded query={query} rows={4}>
          {(diff) => <Summary diff={diff} />}
        </Loaded>
      </Panel>
      {query.data && query.data.changes.length > 0 ? (
        <Panel title={t("diff.changes")} aside={<Shown diff={query.data} />}>
          <ChangeTable changes={query.data.changes} />
        </Panel>
      ) : null}
      <TextPanel from={from} to={to} />
    </div>
  );
}

function Shown({ diff: { changes, changes_total } }: { diff: BundleDiff }) {
  const { t } = useText();
  return (
    <span className="muted">
      {changes.length < changes_total
        ? t("diff.first_of", { shown: changes.length, count: changes_total })
        : t("diff.count", { count: changes_total })}
    </span>
  );
}

function Summary({ diff }: { diff: BundleDiff }) {
  const { t } = useText();
  const words = summaryWords(t, diff.changes);
  return (
    <div className="padded diff-summary">
      <p className="diff-names">
        {[diff.from, diff.to].map((side, i) => (
          <span key={i === 0 ? "from" : "to"}>
            {i === 1 ? " → " : null}
            {side.rev === undefined ? t("diff.draft") : <RevLink of={{ bundle_id: side.bundle_id, rev: side.rev }} />}
          </span>
        ))}
      </p>
      {words.length === 0 ? (
        <p className="muted">{t("diff.same")}</p>
      ) : (
        <ul className="diff-words">
          {words.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function TextPanel({ from, to }: DiffPageProps) {
  const { t } = useText();
  const [left, right] = [useSideText(from), useSideText(to)];
  const [isWhole, setWhole] = useState(false);
  const rows = useMemo(() => (left && right ? lineDiff(left, right) : undefined), [left, right]);
  if (!rows) return null;
  return (
    <Panel
      title={t("diff.text")}
      aside={
        <label className="check">
          <input type="checkbox" checked={isWhole} onChange={() => setWhole(!isWhole)} />
          {t("diff.whole")}
        </label>
      }
    >
      {rows.every(({ isSame }) => isSame) && !isWhole ? (
        <Empty>{t("diff.same_text")}</Empty>
      ) : (
        <SideBySide rows={isWhole ? rows : folded(rows)} />
      )}
    </Panel>
  );
}
