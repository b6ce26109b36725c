/** The door to the research pages. */
import { useText } from "../i18n/translate.ts";
import { LatePage } from "../parts/late-page.tsx";

const load = async () => (await import("../research/research.tsx")).Research;

export function ResearchPage() {
  const { t } = useText();
  return <LatePage name="research" label={t("page.research")} load={load} />;
}
