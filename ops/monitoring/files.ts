/** All files of monitoring that follow from declarations: catalogue, rules with their tests and page, dashboards. */
import { catalogueOf, cataloguePage } from "./catalogue.ts";
import { grafanaFiles } from "./grafana-files.ts";
import { prometheusAlertsPage } from "./prometheus-alerts-page.ts";
import { prometheusFile } from "./prometheus-file.ts";
import { ruleFiles } from "./rule-files.ts";

type Hosted = Parameters<typeof catalogueOf>[0];

/** Path → text. */
export async function monitoringFiles(hosted: Hosted, note: string): Promise<Record<string, string>> {
  return {
    "docs/reference/metrics-catalogue.md": cataloguePage(catalogueOf(hosted), note),
    "docs/reference/prometheus-alerts.md": await prometheusAlertsPage(note),
    ...prometheusFile(),
    ...(await ruleFiles()),
    ...grafanaFiles(),
  };
}
