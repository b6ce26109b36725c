/** OpenAPI 3.1 from the declared verbs, and a page to read it by. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { FAILURES } from "../errors.ts";
import { CSV_TYPE } from "./csv.ts";
import type { Service, Verb } from "./service.ts";

const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(FAILURES) as [string, ...string[]]),
    trace_id: z.string().optional(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .openapi("Problem");

interface Operation {
  summary?: string;
  operationId?: string;
  requestBody?: unknown;
  parameters?: { schema: { type?: string | string[] } }[];
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

export function openApiOf(service: Pick<Service, "id" | "title">, verbs: readonly Verb[], version: string): OpenApi {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  for (const verb of verbs) if (verb.rest) describe(app, verb);
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: `${service.id.toUpperCase()} ${service.title}`, version },
  }) as unknown as OpenApi;
  for (const operation of Object.values(document.paths).flatMap((each) => Object.values(each))) {
    for (const { schema } of operation.parameters ?? []) withoutNull(schema);
  }
  return document;
}

/** What a text is turned into takes null too, but no address can say null. */
function withoutNull(schema: { type?: string | string[] }): void {
  if (!Array.isArray(schema.type)) return;
  const [type, ...more] = schema.type.filter((each) => each !== "null");
  if (type !== undefined) schema.type = more.length > 0 ? [type, ...more] : type;
}

const keyOf = ({ once }: Verb) => (once === "header" ? z.string().max(255) : z.string().max(255).optional());

function describe(app: OpenAPIHono, verb: Verb): void {
  const [method, path] = (verb.rest as string).split(" ") as [string, string];
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  const shape = verb.input instanceof z.ZodObject ? verb.input.shape : {};
  const inPath = Object.fromEntries(names.map((name) => [name, (shape[name] as z.ZodType | undefined) ?? z.string()]));
  const rest = Object.fromEntries(Object.entries(shape).filter(([name]) => !names.includes(name)));
  const isRead = method === "GET";
  const body = verb.input instanceof z.ZodObject && names.length > 0 ? z.object(rest as never) : verb.input;
  const problem = { content: { "application/problem+json": { schema: Problem } } };
  app.openAPIRegistry.registerPath({
    method: method.toLowerCase() as "get",
    path,
    operationId: verb.name,
    summary: verb.summary,
    tags: [verb.audience === "service" ? "service only" : verb.audience],
    ...(verb.audience !== "open" && { security: [{ token: [] }] }),
    ...(verb.audience === "people" && { "x-roles": [...verb.roles] }),
    ...(verb.care !== "none" && { "x-care": verb.care }),
    ...(verb.second && { "x-second-person": true }),
    request: {
      ...(names.length > 0 && { params: z.object(inPath as never) }),
      ...(isRead && Object.keys(rest).length > 0 && { query: z.object(rest as never) }),
      ...(verb.once !== "reads" && verb.once !== "never" && { headers: z.object({ "idempotency-key": keyOf(verb) }) }),
      ...(!isRead && { body: { required: true, content: { "application/json": { schema: body } } } }),
    },
    responses: {
      200: {
        description: "Done.",
        content: {
          "application/json": { schema: verb.output },
          ...(verb.csv && { [CSV_TYPE]: { schema: z.string() } }),
        },
      },
      400: { description: "Malformed or out of range.", ...problem },
      401: { description: "No valid token.", ...problem },
      403: { description: "Not allowed.", ...problem },
      422: { description: "Against a rule.", ...problem },
      503: { description: "Not available now.", ...problem },
    },
  });
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A reference without scripts: every operation with its summary and request schema. */
export function docsPage(title: string, document: OpenApi): string {
  const rows = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const body = operation.requestBody ? `<pre>${escaped(JSON.stringify(operation.requestBody, null, 2))}</pre>` : "";
      const head = `<code>${method.toUpperCase()} ${escaped(path)}</code> ${escaped(operation.summary ?? "")}`;
      return `<details><summary>${head}</summary>${body}</details>`;
    }),
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<h1>${escaped(title)}</h1><p>The whole document: <a href="openapi.json">openapi.json</a>.</p>${rows.join("\n")}</html>`;
}
