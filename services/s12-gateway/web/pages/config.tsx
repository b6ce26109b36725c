/** The door to the config pages: revisions, their editor and comparison, simulations, promotions. */
import { useText } from "../i18n/translate.ts";
import { LatePage } from "../parts/late-page.tsx";

const load = async () => (await import("../config/config.tsx")).Config;

export function ConfigPage() {
  const { t } = useText();
  return <LatePage name="config" label={t("page.config")} load={load} />;
}
