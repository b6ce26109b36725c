/** The newest lines that a service logged at WARN or above, in memory, for S11 to collect: bounded in number and size. */
import { z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { LogEvent } from "../domain/watching.ts";
import { refuse } from "../errors.ts";
import { digest } from "../keys.ts";
import type { Clock } from "./ports.ts";
import type { Principal } from "./service.ts";

export const RING_LINES_MAX = 500;
const MESSAGE_LENGTH_MAX = 1_000;
const FIELDS_LENGTH_MAX = 4_000;
const ID_CHARACTERS = 20;
/** Where every service answers them, to S11 alone. */
export const LOGGED_PATH = "/logged";

export const Logged = z.object({ items: z.array(LogEvent) });
export type Logged = z.output<typeof Logged>;
export type Line = Pick<LogEvent, "level" | "message" | "fields" | "trace_id">;

export class LogRing {
  private readonly lines: LogEvent[] = [];
  private readonly born: number;
  private count = 0;
  private readonly of: { clock: Pick<Clock, "now">; service: string; replica: string };

  constructor(of: LogRing["of"]) {
    this.of = of;
    this.born = of.clock.now();
  }

  /** Already without secrets. */
  add({ level, message, fields, trace_id }: Line): void {
    const { clock, service, replica } = this.of;
    this.count += 1;
    this.lines.push({
      log_id: digest("log", service, replica, String(this.born), String(this.count)).slice(0, ID_CHARACTERS),
      ts: Math.round(clock.now()),
      ...{ level, service, replica },
      message: message.slice(0, MESSAGE_LENGTH_MAX),
      ...(trace_id !== undefined && { trace_id }),
      fields: small(fields),
    });
    if (this.lines.length > RING_LINES_MAX) this.lines.shift();
  }

  /** Those of that moment and later, oldest first. */
  since(ts: number): LogEvent[] {
    return this.lines.filter((line) => line.ts >= ts);
  }
}

/** A stack may be long, and is the end of it that is left out. */
function small(fields: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(fields);
  if (text.length <= FIELDS_LENGTH_MAX) return JSON.parse(text) as Record<string, unknown>;
  const each = Math.floor(FIELDS_LENGTH_MAX / Math.max(1, Object.keys(fields).length));
  const cut = Object.entries(fields).map(([name, value]) => {
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    return [name, shown === undefined || shown.length <= each ? value : `${shown.slice(0, each)}…`];
  });
  return Object.fromEntries(cut.slice(0, 50));
}

/** `?after=`: lines of that moment and later. For S11 alone: nobody else reads over a service's shoulder. */
export function mountLogged(app: Hono, ring: LogRing, whoCalls: (request: Request) => Promise<Principal>): void {
  app.get(LOGGED_PATH, async (c) => {
    if ((await whoCalls(c.req.raw)).id !== "s11") refuse("FORBIDDEN", "What was logged is told to S11 alone.");
    const after = Number(c.req.query("after") ?? 0);
    return c.json({ items: ring.since(Number.isFinite(after) ? after : 0) } satisfies Logged);
  });
}

/** What several parts of one process answered, as one; a refusal is that of all. */
export async function mergeLogged(answers: readonly Response[]): Promise<Response> {
  const refusal = answers.find((answer) => !answer.ok);
  if (refusal) return refusal;
  const told = await Promise.all(answers.map(async (answer) => Logged.parse(await answer.json()).items));
  return Response.json({ items: told.flat().toSorted((a, b) => a.ts - b.ts) } satisfies Logged);
}
