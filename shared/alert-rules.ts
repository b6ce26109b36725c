/** Every alert that the system tells, once: what it means, what is done by itself, what people do, who is told. */
import { BOOKS_RULES } from "./alert-rules/books.ts";
import { DECIDING_RULES } from "./alert-rules/deciding.ts";
import { EXCHANGE_RULES } from "./alert-rules/exchange.ts";
import { EXECUTING_RULES } from "./alert-rules/executing.ts";
import type { AlertRule } from "./alert-rules/rule.ts";
import { SYSTEM_RULES } from "./alert-rules/system.ts";
import type { ChannelKind, Severity } from "./domain/alerting.ts";

export const ALERT_RULES: readonly AlertRule[] = [
  ...[...DECIDING_RULES, ...EXECUTING_RULES, ...EXCHANGE_RULES],
  ...[...BOOKS_RULES, ...SYSTEM_RULES],
].sort((a, b) => (a.code < b.code ? -1 : 1));

const exact = new Map(ALERT_RULES.map((rule) => [rule.code, rule]));
const beginnings = ALERT_RULES.filter(({ code }) => code.endsWith("*"));

/** Undefined for a code that nobody has written a rule for. */
export const ruleOf = (code: string): AlertRule | undefined =>
  exact.get(code) ?? beginnings.find((rule) => code.startsWith(rule.code.slice(0, -1)));

export const RUNBOOKS_PATH = "docs/reference/alerts.md";
/** The page and section that says what to do. */
export const runbookOf = ({ code }: AlertRule): string => `${RUNBOOKS_PATH}#${code.toLowerCase().replace("*", "")}`;

/** The least severity that a channel of this kind is told of unless it says another; the inbox has them all. */
export const SEVERITY_MIN: Readonly<Record<ChannelKind, Severity>> = {
  WEBHOOK: "WARN",
  SLACK: "WARN",
  TELEGRAM: "WARN",
  EMAIL: "ERROR",
  SMS: "FATAL",
};

const ORDER: readonly Severity[] = ["INFO", "WARN", "ERROR", "FATAL"];
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  ORDER.indexOf(severity) >= ORDER.indexOf(least);

/** Kinds of channels that are told of a severity, unless people say otherwise. */
export const kindsFor = (severity: Severity): ChannelKind[] =>
  (Object.keys(SEVERITY_MIN) as ChannelKind[]).filter((kind) => isAtLeast(severity, SEVERITY_MIN[kind]));
