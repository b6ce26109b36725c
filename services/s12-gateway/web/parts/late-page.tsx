/** The door to pages that are not part of the first load: their code comes when they are first opened. */
import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { useText } from "../i18n/translate.ts";
import { Skeleton } from "./states.tsx";

interface LatePageProps {
  /** Of the code, for the cache. */
  name: string;
  /** Of the page, while its own frame is not there. */
  label: string;
  load: () => Promise<ComponentType>;
}

/** A build may have replaced the files since the page was opened: then only loading it anew helps. */
export function LatePage({ name, label, load }: LatePageProps) {
  const { t } = useText();
  const query = useQuery({
    queryKey: ["late-page", name],
    queryFn: async () => ({ Page: await load() }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: 1,
  });
  if (query.data) return <query.data.Page />;
  return (
    <main className="page late-page" aria-label={label} aria-busy={!query.error}>
      {query.error ? (
        <div className="failed" role="alert">
          <strong>{t("late.not_loaded")}</strong>
          <p>{t("late.not_loaded.hint")}</p>
          <button type="button" className="button" onClick={() => location.reload()}>
            {t("late.reload")}
          </button>
        </div>
      ) : (
        <Skeleton rows={8} />
      )}
    </main>
  );
}
