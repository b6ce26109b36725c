/** Asks for the next page of a list, as long as there is one. */
import { useText } from "../i18n/translate.ts";

interface Paged {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

export function MoreButton({ query, label }: { query: Paged; label: string }) {
  const { t } = useText();
  if (!query.hasNextPage) return null;
  return (
    <button
      type="button"
      className="button more"
      disabled={query.isFetchingNextPage}
      onClick={() => void query.fetchNextPage()}
    >
      {query.isFetchingNextPage ? t("orders.loading") : label}
    </button>
  );
}
