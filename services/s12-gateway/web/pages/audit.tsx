/** The audit page: who changed what, from where and with what outcome, newest first, with filters and export. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { auditHeadQuery, auditPagesQuery, auditPath } from "../api/watch-queries.ts";
import { useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, TextField, useAsked } from "../parts/asked-fields.tsx";
import { CsvButton } from "../parts/csv-button.tsx";
import { When } from "../parts/figures.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";

export function AuditPage() {
  const { t } = useText();
  const { asked } = useAsked();
  const query = useInfiniteQuery(auditPagesQuery(asked));
  const head = useQuery(auditHeadQuery).data;
  const entries = query.data?.pages.flatMap((page) => page.items);
  return (
    <main className="page" aria-label={t("page.audit")}>
      <Panel
        className="page-panel"
        title={t("page.audit")}
        aside={
          <span className="panel-acts">
            {head ? (
              <span className="muted" title={head.hash}>
                {t("audit.head", { seq: head.seq, anchored: head.anchored_seq })}
              </span>
            ) : null}
            <CsvButton path={auditPath(asked)} name="audit" />
          </span>
        }
      >
        <search className="filters">
          <TextField name="actor" label={t("audit.actor")} />
          <TextField name="what" label={t("audit.what")} />
          <DayField name="from" label={t("filter.from")} />
          <DayField name="to" label={t("filter.to")} />
          <ClearAsked />
        </search>
        {query.isPending ? <Skeleton rows={12} /> : null}
        {query.error && !entries ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
        {entries?.length === 0 ? <Empty>{t("audit.empty")}</Empty> : null}
        <ol className="rows">
          {entries?.map((entry) => (
            <li key={entry.audit_id}>
              <details className="audit-row">
                <summary>
                  <When ts={entry.ts} day /> <strong>{entry.actor}</strong> <span>{entry.what}</span>{" "}
                  <code>{entry.ref}</code> <code className="muted">{entry.from ?? ""}</code>{" "}
                  <span className="muted">{entry.outcome}</span>
                </summary>
                <pre>{JSON.stringify(entry, null, 2)}</pre>
              </details>
            </li>
          ))}
        </ol>
        <MoreButton query={query} label={t("audit.older")} />
      </Panel>
    </main>
  );
}
