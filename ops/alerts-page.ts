/** The page of all alerts, made of their rules: who is told of each, what it means, what is done and what to do. */

import type { AlertRule } from "../shared/alert-rules/rule.ts";
import { ALERT_RULES, kindsFor } from "../shared/alert-rules.ts";

const ABOUT =
  "Every alert that the system tells, by its code, with what to do then. The inbox has them all; channels are told by " +
  "severity, unless a channel says otherwise. A `*` stands for the end of several codes. How channels are made: " +
  "[alerts and channels](../guide/alerts-and-channels.md). `GET /alerts/rules` answers the same.";

const HEAD = "| severity | told | seen to |\n| --- | --- | --- |";
const PACE = {
  INFO: "in the inbox alone",
  WARN: "told once, and again every hour while it comes again",
  ERROR: "the same; after half an hour that nobody acknowledged it, to FATAL's channels too",
  FATAL: "at once, and every three minutes until somebody acknowledges it",
} as const;

export function alertsPage(note: string): string {
  const rows = (["INFO", "WARN", "ERROR", "FATAL"] as const).map(
    (severity) => `| ${severity} | ${kindsFor(severity).join(", ") || "nobody"} | ${PACE[severity]} |`,
  );
  return `${note}\n\n# Alerts\n\n${ABOUT}\n\n${HEAD}\n${rows.join("\n")}\n\n${ALERT_RULES.map(section).join("\n\n")}\n`;
}

function section({ code, severities, sources, means, done, look, act, ends }: AlertRule): string {
  const from = sources.map((source) => (source === "bus" ? "whoever holds the streams" : source.toUpperCase()));
  const ended = ends?.codes.filter((each) => each !== code);
  return [
    `## \`${code}\``,
    "",
    `${severities.join(", ")} from ${from.join(", ")}.`,
    "",
    `- What it means: ${means}`,
    `- What the system does: ${done}`,
    `- What to look at: ${look}`,
    `- What to do: ${act}`,
    ...(ended && ended.length > 0 ? [`- It ends: ${ended.map((each) => `\`${each}\``).join(", ")}`] : []),
  ].join("\n");
}
