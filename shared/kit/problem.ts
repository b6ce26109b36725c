/** Failures on the wire: RFC 9457 problem+json for REST, Connect's error JSON for RPC. */
import type { z } from "@hono/zod-openapi";
import { asProblem, type Code, FAILURES, type FieldError, Problem } from "../errors.ts";
import { currentTrace, traceId } from "./trace.ts";

/** HTTP statuses of Connect codes, by the Connect protocol's table. */
const CONNECT_STATUS: Record<string, number> = {
  canceled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 400,
  aborted: 409,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  unauthenticated: 401,
};
/** The header that carries our own code beside Connect's coarser one. */
export const CODE_HEADER = "chimera-code";

export const FIELD_ERRORS_MAX = 50;
export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.slice(0, FIELD_ERRORS_MAX).map((issue) => ({
    field: issue.path.map(String).join("."),
    message: issue.message,
  }));

/** A zod failure as the caller's mistake. */
export function invalid(error: z.ZodError): Problem {
  const errors = fieldErrors(error);
  const first = errors[0];
  return new Problem("INVALID", first ? `${first.field || "body"}: ${first.message}` : "The input is wrong.", {
    errors,
  });
}

export function problemBody(problem: Problem): Record<string, unknown> {
  const { status, title } = FAILURES[problem.code];
  return {
    type: `urn:chimera:problem:${problem.code.toLowerCase()}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    trace_id: traceId(currentTrace()),
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  };
}

export function problemResponse(error: unknown, headers: Record<string, string> = {}): Response {
  const problem = asProblem(error);
  return new Response(JSON.stringify(problemBody(problem)), {
    status: problem.status,
    headers: { "content-type": "application/problem+json", ...retryAfter(problem), ...headers },
  });
}

/** 405 with the methods that the path takes. */
export const wrongMethod = (path: string, allowed: readonly string[]): Response =>
  problemResponse(new Problem("METHOD_NOT_ALLOWED", `${path} takes ${allowed.join(", ")}.`), {
    allow: allowed.join(", "),
  });

const retryAfter = (problem: Problem): Record<string, string> =>
  problem.retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(problem.retryAfterMs / 1000)) };

export function connectResponse(error: unknown): Response {
  const problem = asProblem(error);
  const { connect } = FAILURES[problem.code];
  return new Response(JSON.stringify({ code: connect, message: problem.message }), {
    status: CONNECT_STATUS[connect] ?? 500,
    headers: { "content-type": "application/json", [CODE_HEADER]: problem.code },
  });
}

/** The Problem that a callee's Connect error stands for. */
export function fromConnect(status: number, code: string | undefined, body: string): Problem {
  const message = readMessage(body) ?? `HTTP ${status}`;
  if (code !== undefined && Object.hasOwn(FAILURES, code)) return new Problem(code as Code, message);
  const known = Object.entries(FAILURES).find(([, failure]) => failure.connect === readCode(body));
  return new Problem((known?.[0] as Code | undefined) ?? (status === 401 ? "UNAUTHENTICATED" : "UNAVAILABLE"), message);
}

function readJson(body: string): { code?: unknown; message?: unknown; detail?: unknown } {
  try {
    return (JSON.parse(body) as object | null) ?? {};
  } catch {
    return {};
  }
}
const readCode = (body: string): unknown => readJson(body).code;
function readMessage(body: string): string | undefined {
  const { message, detail } = readJson(body);
  const text = message ?? detail;
  return typeof text === "string" ? text : undefined;
}
