/** The door to the research pages: they are not part of the first load, and come when they are first opened. */
import { useQuery } from "@tanstack/react-query";
import { useText } from "../i18n/translate.ts";
import { Skeleton } from "../parts/states.tsx";

/** A build may have replaced the files since the page was opened: then only loading it anew helps. */
export function ResearchPage() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ["research-code"],
    queryFn: () => import("../research/research.tsx"),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: 1,
  });
  if (query.data) return <query.data.Research />;
  return (
    <main className="page research-page" aria-label={t("page.research")} aria-busy={!query.error}>
      {query.error ? (
        <div className="failed" role="alert">
          <strong>{t("research.not_loaded")}</strong>
          <p>{t("research.not_loaded.hint")}</p>
          <button type="button" className="button" onClick={() => location.reload()}>
            {t("research.reload")}
          </button>
        </div>
      ) : (
        <Skeleton rows={8} />
      )}
    </main>
  );
}
