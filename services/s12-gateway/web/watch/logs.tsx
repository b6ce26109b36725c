/** What services logged at warning or above, searchable, each line with the fields that came with it. */
import { useInfiniteQuery } from "@tanstack/react-query";
import type { LogEvent } from "../../../../shared/domain/watching.ts";
import { useText } from "../i18n/translate.ts";
import { ClearAsked, DayField, TextField, useAsked } from "../parts/asked-fields.tsx";
import { When } from "../parts/figures.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Select } from "../parts/select.tsx";
import { Empty, Failed, Panel, Skeleton } from "../parts/states.tsx";
import { askedOf } from "../state/asked.ts";
import { LOG_LEVELS, logsQuery } from "./queries.ts";
import { SourceSelect } from "./source-select.tsx";

export function LogsPage() {
  const { t } = useText();
  const { asked, ask } = useAsked();
  const query = useInfiniteQuery(logsQuery(asked));
  const lines = query.data?.pages.flatMap(({ items }) => items);
  const all = ["", t("filter.all")] as const;
  return (
    <Panel className="page-panel" title={t("watch.logs")}>
      <p className="muted padded">{t("logs.about")}</p>
      <search className="filters">
        <Select
          label={t("logs.level")}
          value={askedOf(asked.severity, LOG_LEVELS)}
          choices={[all, ...LOG_LEVELS.map((level) => [level, t(`severity.${level}`)] as const)]}
          onChoose={(severity) => ask({ severity })}
        />
        <SourceSelect />
        <TextField name="q" label={t("alerts.text")} />
        <DayField name="from" label={t("filter.from")} />
        <DayField name="to" label={t("filter.to")} />
        <ClearAsked />
      </search>
      {query.isPending ? <Skeleton rows={8} /> : null}
      {query.error && !lines ? <Failed error={query.error} onRetry={() => void query.refetch()} /> : null}
      {lines?.length === 0 ? <Empty>{t("logs.empty")}</Empty> : null}
      <ol className="rows">
        {lines?.map((line) => (
          <LogRow key={line.log_id} line={line} />
        ))}
      </ol>
      <MoreButton query={query} label={t("actions.older")} />
    </Panel>
  );
}

function LogRow({ line: { ts, level, service, message, fields, trace_id } }: { line: LogEvent }) {
  const { t } = useText();
  return (
    <li>
      <details className="log-row">
        <summary>
          <When ts={ts} day />
          <span className="severity" data-severity={level}>
            {t(`severity.${level}`)}
          </span>
          <span className="muted">{service.toUpperCase()}</span>
          <span>{message}</span>
        </summary>
        <pre>{JSON.stringify({ ...fields, ...(trace_id !== undefined && { trace_id }) }, null, 2)}</pre>
      </details>
    </li>
  );
}
