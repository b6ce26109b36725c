/** The states between nothing and everything: loading, empty, failed; each says what is going on and what to do. */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiProblem } from "../../../../shared/client/problem.ts";
import { useText } from "../i18n/translate.ts";

export function Skeleton({ rows }: { rows: number }) {
  return (
    <div className="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike and never move
        <span key={row} />
      ))}
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Failed({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useText();
  const problem = error instanceof ApiProblem ? error : undefined;
  const title = problem?.status === 0 ? t("error.network") : t.say(problem?.title ?? t("error.unknown"));
  return (
    <div className="failed" role="alert">
      <strong>{title}</strong>
      <p>{problem?.status === 0 ? t("error.network.hint") : t.say(problem?.message ?? String(error))}</p>
      {problem?.traceId ? <p className="muted">{t("error.trace", { id: problem.traceId })}</p> : null}
      <button type="button" className="button" onClick={onRetry}>
        {t("error.retry")}
      </button>
    </div>
  );
}

export function PageProblem({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <main className="door">
      <Failed error={error} onRetry={onRetry} />
    </main>
  );
}

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  rows: number;
  children: (data: T) => ReactNode;
}

/** Shows what is known even while a later ask fails: old data greys out by its own age, it does not vanish. */
export function Loaded<T>({ query, rows, children }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  // Said at the first failure, while it is asked again.
  const error = query.error ?? query.failureReason;
  if (error) return <Failed error={error} onRetry={() => void query.refetch()} />;
  return <Skeleton rows={rows} />;
}

interface PanelProps {
  id?: string;
  title: string;
  /** Stands right of the title: counts, switches. */
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ id, title, aside, className = "", children }: PanelProps) {
  return (
    <section id={id} className={`panel ${className}`} aria-label={title} tabIndex={-1}>
      <header className="panel-head">
        <h2>{title}</h2>
        {aside}
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}
