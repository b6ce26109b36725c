/** Every change by its document and path, with what stood there before and what stands there after. */
import { Fragment } from "react";
import { stringify } from "yaml";
import type { BundleChange } from "../../../../shared/domain/bundle-diff.ts";
import { useText } from "../i18n/translate.ts";
import { opOf } from "./diff-words.ts";
import { valueText } from "./value-text.ts";

const MARK = { added: "+", removed: "−", changed: "~" } as const;

export function ChangeTable({ changes }: { changes: readonly BundleChange[] }) {
  const { t } = useText();
  const groups = Map.groupBy(changes, ({ kind, id }) => `${kind}/${id}`);
  return (
    <div className="scroll-x">
      <table className="small-table numbers change-table">
        <caption className="unseen">{t("diff.changes")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("diff.path")}</th>
            <th scope="col">{t("diff.before")}</th>
            <th scope="col">{t("diff.after")}</th>
          </tr>
        </thead>
        <tbody>
          {[...groups].map(([name, [first, ...rest]]) => (
            <Fragment key={name}>
              <tr className="change-document">
                <th scope="rowgroup" colSpan={3}>
                  <Op change={first!} /> {first!.kind === "bundle" ? null : `${t(`document.${first!.kind}`)}: `}
                  <code>{first!.id}</code>
                </th>
              </tr>
              {[first!, ...rest].map((change) => (
                <tr key={change.path} data-op={change.op}>
                  <th scope="row" className="change-path">
                    <code>{change.path || t("diff.whole_document")}</code>
                  </th>
                  <td>
                    <Value of={change.before} />
                  </td>
                  <td>
                    <Value of={change.after} />
                  </td>
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Op({ change }: { change: BundleChange }) {
  const { t } = useText();
  const op = opOf(change);
  return (
    <span className="change-op" data-op={op} role="img" aria-label={t(`diff.op.${op}`)} title={t(`diff.op.${op}`)}>
      {MARK[op]}
    </span>
  );
}

function Value({ of }: { of: unknown }) {
  if (of === undefined) return <span className="muted">–</span>;
  const text = valueText(of);
  if (text.length <= 60) return <code>{text}</code>;
  return <pre>{stringify(of, { lineWidth: 60 }).trimEnd()}</pre>;
}
