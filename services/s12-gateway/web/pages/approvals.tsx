/** The approvals page: all that waits for a person's word and all that was decided. */
import { useText } from "../i18n/translate.ts";
import { ApprovalsPanel } from "../parts/approvals.tsx";

export function ApprovalsPage() {
  const { t } = useText();
  return (
    <main className="page approvals-page" aria-label={t("page.approvals")}>
      <ApprovalsPanel />
    </main>
  );
}
