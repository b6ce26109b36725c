/** A panel's own states, where its service may not be part of the installation: each list fails alone, and says so. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { isAbsent } from "../api/page-queries.ts";
import { clockText } from "../format/times.ts";
import { useText } from "../i18n/translate.ts";
import { Empty, Loaded } from "./states.tsx";

interface LoadedHereProps<T> {
  query: UseQueryResult<T>;
  rows: number;
  /** What is missing when nobody answers. */
  what: string;
  children: (data: T) => ReactNode;
}

export function LoadedHere<T>({ query, rows, what, children }: LoadedHereProps<T>) {
  const { t, locale } = useText();
  if (query.data === undefined && isAbsent(query.error ?? query.failureReason))
    return <Empty>{t("page.absent", { what })}</Empty>;
  const failing = query.data !== undefined && query.error !== null;
  return (
    <>
      {failing ? (
        <p className="stale-note" role="status">
          {t("page.stale", { time: clockText(query.dataUpdatedAt, locale) })}
        </p>
      ) : null}
      <div data-stale={failing || undefined}>
        <Loaded query={query} rows={rows}>
          {children}
        </Loaded>
      </div>
    </>
  );
}
