/** The page of all error codes: each with its HTTP status, its Connect code and what it says. */
import { FAILURES } from "../../shared/errors.ts";

const ABOUT = `Every failure has one of these codes, in REST as \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`,
\`detail\`, \`code\`, \`trace_id\` and, where fields are wrong, \`errors\` by field; between services as a Connect error. 429 and 503
may name in \`Retry-After\` when asking again makes sense; the same \`Idempotency-Key\` makes that safe.`;

export function errorsPage(note: string): string {
  const rows = Object.entries(FAILURES)
    .map(([code, { status, connect, title }]) => ({
      status,
      row: `| \`${code}\` | ${status} | ${connect} | ${title} |`,
    }))
    .sort((a, b) => a.status - b.status)
    .map(({ row }) => row);
  const head = "| code | HTTP | Connect | what it says |\n| --- | --- | --- | --- |";
  return `${note}\n\n# Errors\n\n${ABOUT}\n\n${head}\n${rows.join("\n")}\n`;
}
