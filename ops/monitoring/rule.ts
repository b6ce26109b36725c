/** What a Prometheus alert of ours says, and the proof that it fires and stops. */

/** As our own alerts have it: WARN is to be seen to today, ERROR now. */
export type AlertSeverity = "WARN" | "ERROR";

export interface PrometheusAlert {
  readonly name: string;
  readonly severity: AlertSeverity;
  readonly expr: string;
  /** How long it must hold before it fires, as Prometheus writes durations. */
  readonly for: string;
  /** One line, with `{{ $labels.x }}` where a label says what it is about. */
  readonly summary: string;
  readonly means: string;
  readonly look: string;
  readonly act: string;
  readonly proof: Proof;
}

/** Series in promtool's notation, one value a step, and when the alert is to fire. */
export interface Proof {
  readonly series: readonly (readonly [series: string, values: string])[];
  /** Labels that the alert that fires has beside its severity. */
  readonly labels: Readonly<Record<string, string>>;
  /** When nothing fires yet, when it does, and when it is over again. */
  readonly quiet: string;
  readonly fires: string;
  readonly over: string;
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  /** Where rules of one name differ in them. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertGroup {
  /** The name of its file, too. */
  readonly name: string;
  readonly title: string;
  readonly alerts: readonly PrometheusAlert[];
  /** How often rules are evaluated in the proofs of the group; shorter than every `for` of it. */
  readonly step: string;
}

export const PAGE_PATH = "docs/reference/prometheus-alerts.md";
export const runbookUrl = ({ name }: Pick<PrometheusAlert, "name">): string => `${PAGE_PATH}#${name.toLowerCase()}`;

const rendered = (text: string, labels: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_all, label: string) => labels[label] ?? "");

/** `labels`: of a certain alert that fires; without them as Prometheus is to fill it in. */
export function annotationsOf(alert: PrometheusAlert, labels?: Readonly<Record<string, string>>) {
  const fill = (text: string) => (labels ? rendered(text, labels) : text);
  return {
    summary: fill(alert.summary),
    description: fill(`${alert.means} ${alert.act}`),
    runbook_url: runbookUrl(alert),
  };
}

/** The series is at `before` for some steps, then at `during`, then at `after`. */
export const steps = (...parts: readonly (readonly [value: number, count: number])[]): string =>
  parts.map(([value, count]) => `${value}x${count - 1}`).join(" ");
/** A counter that grows by so much a step, part after part, as promtool adds them up. */
export function growing(...parts: readonly (readonly [by: number, count: number])[]): string {
  let from = 0;
  return parts
    .map(([by, count]) => {
      const text = `${from}+${by}x${count - 1}`;
      from += by * count;
      return text;
    })
    .join(" ");
}
