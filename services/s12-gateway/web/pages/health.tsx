/** The door to the pages that watch the system: health, alerts, channels, what it did by itself. */
import { useText } from "../i18n/translate.ts";
import { LatePage } from "../parts/late-page.tsx";

const load = async () => (await import("../watch/watch.tsx")).Watch;

export function HealthPage() {
  const { t } = useText();
  return <LatePage name="watch" label={t("page.health")} load={load} />;
}
