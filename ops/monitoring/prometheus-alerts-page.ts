/** The page of Prometheus' alerts: what each means and what to do, where their links lead. */
import type { AlertGroup, PrometheusAlert } from "./rule.ts";
import { alertGroups } from "./rule-files.ts";

const ABOUT =
  "Alerts that Prometheus raises by the rules in `ops/monitoring/prometheus/rules/`, beside those that the system tells " +
  "itself ([alerts](alerts.md)): they also see a system that tells nothing any more. ERROR is to be seen to now, WARN " +
  "today. How they are set up: [monitor with Prometheus](../guide/monitor-with-prometheus.md). Each is proven by a test " +
  "of promtool in `ops/monitoring/prometheus/tests/`: it does not fire while all is well, fires when it is not, and stops.";

export async function prometheusAlertsPage(note: string): Promise<string> {
  const groups = await alertGroups();
  return `${note}\n\n# Alerts of Prometheus\n\n${ABOUT}\n\n${groups.map(chapter).join("\n\n")}\n`;
}

const chapter = ({ title, alerts }: AlertGroup): string => `## ${title}\n\n${alerts.map(section).join("\n\n")}`;

const section = ({ name, severity, expr, for: lasts, means, look, act }: PrometheusAlert): string =>
  [
    `### ${name}`,
    "",
    `${severity}${lasts === "0m" ? "" : `, once it has lasted ${lasts}`}.`,
    "",
    `- What it means: ${means}`,
    `- What to look at: ${look}`,
    `- What to do: ${act}`,
    "",
    `    ${expr}`,
  ].join("\n");
