/** The page of all routes, made of the API's description: what each takes, what it answers, how it refuses. */
import type { ApiDocument } from "../../services/s12-gateway/api-merge.ts";
import { typeOf } from "./type-text.ts";

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: unknown;
}
interface Content {
  content?: Record<string, { schema?: unknown }>;
}
interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: Content;
  responses?: Record<string, Content>;
}

const ABOUT =
  "Every route of the gateway, under `/api/v1`; at a service's own port the same path without it. Shapes are in " +
  "[openapi.json](openapi.json), who may ask what in [roles](roles.md), codes of refusals in [errors](errors.md). A " +
  "parameter with `?` may be left out.";

export function routesPage(api: ApiDocument, note: string): string {
  const byTag = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(api.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods as Record<string, Operation>)) {
      const tag = operation.tags?.[0] ?? "the gateway";
      byTag.set(tag, [...(byTag.get(tag) ?? []), rowOf(method, path, operation)]);
    }
  }
  const head = "| route | what | parameters | body | answers |\n| --- | --- | --- | --- | --- |";
  const sections = [...byTag].map(([tag, rows]) => `## ${tag}\n\n${head}\n${rows.join("\n")}`);
  return `${note}\n\n# Routes\n\n${ABOUT}\n\n${sections.join("\n\n")}\n`;
}

function rowOf(
  method: string,
  path: string,
  { summary = "", parameters = [], requestBody, responses }: Operation,
): string {
  const told = parameters
    .filter((parameter) => parameter.in !== "header")
    .map(({ name, required, in: where }) => `\`${name}${required || where === "path" ? "" : "?"}\``);
  const good = Object.entries(responses ?? {}).filter(([status]) => status.startsWith("2"));
  const answers = good.map(([status, answer]) => `${status} ${shapeOf(answer)}`.trim());
  const cells = [
    `\`${method.toUpperCase()} ${path}\``,
    summary,
    told.join(" "),
    shapeOf(requestBody),
    answers.join(", "),
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function shapeOf(body: Content | undefined): string {
  const [first] = Object.entries(body?.content ?? {});
  if (!first) return "";
  const [type, { schema }] = first;
  return type === "application/json" ? typeOf(schema) : type;
}
