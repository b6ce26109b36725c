/** JSON logs by pino, one child per service, every line with the trace it belongs to. */
import { type Logger, pino } from "pino";
import type { Clock } from "./ports.ts";
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

/** The narrow face services see; `fields` name ids (`intent_id`, `instrument`) in snake_case. */
export function serviceLog(root: Logger, service: string, revision: () => number): Log {
  const child = root.child({ service });
  const line =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: Record<string, unknown> = {}) =>
      child[level]({ config_rev: revision(), ...fields }, message);
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
