/** Two texts beside each other with their line numbers; on a phone one below the other, as a patch has them. */
import { useState } from "react";
import { useText } from "../i18n/translate.ts";
import { useNarrow } from "../parts/use-narrow.ts";
import type { DiffRow, Fold } from "./line-diff.ts";

export function SideBySide({ rows }: { rows: readonly (DiffRow | Fold)[] }) {
  const { t } = useText();
  const narrow = useNarrow();
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  return (
    <section className="side-by-side" data-narrow={narrow || undefined} aria-label={t("diff.text")}>
      <table>
        <caption className="unseen">{t("diff.text")}</caption>
        <colgroup>
          <col className="diff-number" />
          <col />
          {narrow ? null : (
            <>
              <col className="diff-number" />
              <col />
            </>
          )}
        </colgroup>
        <tbody>
          {rows.map((row, i) => {
            if (!("folded" in row)) return <Row key={keyOf(row)} row={row} narrow={narrow} />;
            if (opened.has(i)) return row.folded.map((each) => <Row key={keyOf(each)} row={each} narrow={narrow} />);
            return (
              <tr key={`fold ${keyOf(row.folded[0]!)}`} className="diff-fold">
                <td colSpan={4}>
                  <button type="button" className="link" onClick={() => setOpened(new Set([...opened, i]))}>
                    {t("diff.unchanged", { count: row.folded.length })}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const keyOf = ({ left, right }: DiffRow): string => `${left?.number ?? ""}/${right?.number ?? ""}`;

function Row({ row: { left, right, isSame }, narrow }: { row: DiffRow; narrow: boolean }) {
  if (!narrow || isSame) {
    return (
      <tr data-same={isSame || undefined}>
        <Side line={left} op={isSame ? undefined : "removed"} />
        {narrow ? null : <Side line={right} op={isSame ? undefined : "added"} />}
      </tr>
    );
  }
  return (
    <>
      {left ? (
        <tr>
          <Side line={left} op="removed" />
        </tr>
      ) : null}
      {right ? (
        <tr>
          <Side line={right} op="added" />
        </tr>
      ) : null}
    </>
  );
}

const SIGN = { removed: "−", added: "+" } as const;

function Side({ line, op }: { line: DiffRow["left"]; op: "removed" | "added" | undefined }) {
  return (
    <>
      <td className="diff-number">{line?.number}</td>
      <td className="diff-line" data-op={line ? op : undefined}>
        {line && op ? <span className="diff-sign">{SIGN[op]}</span> : null}
        {line?.text}
      </td>
    </>
  );
}
