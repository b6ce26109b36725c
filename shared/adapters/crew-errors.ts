/** Failures on their way between threads: the code and words of a Problem, or of anything else its message. */
import { type Code, FAILURES, type FieldError, Problem } from "../errors.ts";

export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly errors: readonly FieldError[];
}

export function sentError(error: unknown): SentError {
  if (error instanceof Problem) return { code: error.code, message: error.message, errors: error.errors };
  return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error), errors: [] };
}

export const problemOf = ({ code, message, errors }: SentError): Problem =>
  new Problem(code in FAILURES ? (code as Code) : "INTERNAL", message, { errors });

export const threadDied = (): Problem => new Problem("UNAVAILABLE", "The thread that ran it has died.");
export const crewClosed = (): Problem => new Problem("UNAVAILABLE", "No more work is taken: the threads were closed.");
