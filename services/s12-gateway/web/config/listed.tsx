/** A list of what was asked for, with the way to ask for another; before the first there is a word of what it is. */
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import type { Page } from "../api/report-queries.ts";
import { useText } from "../i18n/translate.ts";
import { ClearAsked, TextField } from "../parts/asked-fields.tsx";
import { LoadedHere } from "../parts/loaded-here.tsx";
import { MoreButton } from "../parts/more-button.tsx";
import { Panel } from "../parts/states.tsx";
import { ConfigLink } from "./links.tsx";

interface ListedProps<Row> {
  /** What one of them is. */
  one: "promotion" | "simulation";
  query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>;
  /** Whether this person may ask for another. */
  may: boolean;
  children: (rows: readonly Row[]) => ReactNode;
}

export function Listed<Row>({ one, query, may, children }: ListedProps<Row>) {
  const { t } = useText();
  const rows = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const title = t(`config.${one}s`);
  const another = may ? (
    <ConfigLink to={{ at: `new-${one}` }} className="button primary">
      {t(`${one}.new`)}
    </ConfigLink>
  ) : null;
  return (
    <Panel className="page-panel" title={title} aside={another}>
      <search className="filters">
        <TextField name="q" label={t("config.bundle_id")} />
        <ClearAsked />
      </search>
      <LoadedHere query={query} rows={6} what={title}>
        {() =>
          rows.length > 0 ? (
            children(rows)
          ) : (
            <div className="first-step">
              <p>{t(`${one}.none`)}</p>
              <p className="muted">{t(`${one}.about`)}</p>
              {another}
            </div>
          )
        }
      </LoadedHere>
      <MoreButton query={query} label={t("config.older")} />
    </Panel>
  );
}
