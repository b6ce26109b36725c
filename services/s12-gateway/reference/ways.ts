/** How an operation is asked for, as lines to copy: with curl, and with the typed client. */
import type { Json, Operation } from "../api-merge.ts";

interface Asked {
  path: string;
  method: string;
  operation: Operation;
}

const given = ({ parameters = [] }: Operation) =>
  parameters.filter((each) => each.in !== "header" && "example" in each);
const bodyOf = (operation: Operation): Json | undefined =>
  operation.requestBody?.content["application/json"]?.example ?? (operation.requestBody && {});

/** For a POSIX shell, with the installation's address and a key in its environment. */
export function curlLine({ path, method, operation }: Asked): string {
  const filled = given(operation).reduce(
    (text, { name, example }) => text.replace(`{${name}}`, encodeURIComponent(String(example))),
    path,
  );
  const query = new URLSearchParams(
    given(operation).flatMap(({ name, in: where, example }) => (where === "query" ? [[name, String(example)]] : [])),
  );
  const body = bodyOf(operation);
  const needsKey = operation.parameters?.some((each) => each.in === "header" && each.required);
  const isStream = operation.responses["200"]?.content?.["text/event-stream"] !== undefined;
  return [
    `curl ${isStream ? "-N " : ""}"$CHIMERA${filled}${query.size > 0 ? `?${query}` : ""}"`,
    ...(method === "get" ? [] : [`-X ${method.toUpperCase()}`]),
    ...(operation.security === undefined ? [] : [`-H "Authorization: Bearer $CHIMERA_API_KEY"`]),
    ...(needsKey ? [`-H "Idempotency-Key: $(uuidgen)"`] : []),
    ...(body === undefined ? [] : [`-H "Content-Type: application/json"`, `-d ${quoted(JSON.stringify(body))}`]),
  ].join(" \\\n  ");
}

/** In single quotes nothing is special but the quote. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function clientLine(operation: Operation): string {
  const body = bodyOf(operation);
  const inBody = typeof body === "object" && body !== null && !Array.isArray(body) ? body : {};
  const named = Object.fromEntries(given(operation).map(({ name, example }) => [name, example as Json]));
  const input = { ...named, ...inBody };
  const text =
    Object.keys(input).length === 0 ? "" : JSON.stringify(input, null, 2).replace(/^(\s*)"(\w+)":/gm, "$1$2:");
  const line = text.length < 100 ? text.replace(/\s*\n\s*/g, " ") : text;
  return `await chimera.${operation.operationId}(${line});`;
}
