/** JSON logs by pino, one child per service, every line with the trace it belongs to. */
import { type Logger, pino } from "pino";
import type { LogRing } from "./log-ring.ts";
import type { Clock } from "./ports.ts";
import { redact, redactText } from "./redact.ts";
import type { Log } from "./service.ts";
import { currentTrace, traceId } from "./trace.ts";

const LEVELS = { trace: "DEBUG", debug: "DEBUG", info: "INFO", warn: "WARN", error: "ERROR", fatal: "FATAL" } as const;
/** Fields that may never be printed, wherever they stand in a line. */
const SECRETS = [
  "password",
  "token",
  "secret",
  "api_secret",
  "apiSecret",
  "authorization",
  "signature",
  "access_token",
];

/** The root logger: `write` gets each line; `level` can be changed while running by setting `.level`. */
export function rootLog(clock: Clock, write: (line: string) => void, level: string): Logger {
  return pino(
    {
      level,
      base: {},
      timestamp: () => `,"ts":${Math.round(clock.now())}`,
      formatters: { level: (label) => ({ level: LEVELS[label as keyof typeof LEVELS] ?? "INFO" }) },
      mixin: () => ({ trace_id: traceId(currentTrace()) }),
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    },
    { write },
  );
}

/**
 * The narrow face services see; `fields` name ids (`intent_id`, `instrument`) in snake_case. What went wrong is kept in
 * the ring too, whatever level is written; what may hold an answer of somebody else's is looked through for secrets.
 */
export function serviceLog(root: Logger, service: string, revision: () => number, ring?: LogRing): Log {
  const child = root.child({ service });
  const plain =
    (level: "debug" | "info") =>
    (message: string, fields: Record<string, unknown> = {}) =>
      child[level]({ config_rev: revision(), ...fields }, message);
  const kept =
    (level: "warn" | "error") =>
    (message: string, fields: Record<string, unknown> = {}) => {
      const clean = { config_rev: revision(), ...(redact(fields) as Record<string, unknown>) };
      const text = redactText(message);
      child[level](clean, text);
      const trace_id = traceId(currentTrace());
      ring?.add({ level: LEVELS[level], message: text, fields: clean, ...(trace_id !== undefined && { trace_id }) });
    };
  return { debug: plain("debug"), info: plain("info"), warn: kept("warn"), error: kept("error") };
}
