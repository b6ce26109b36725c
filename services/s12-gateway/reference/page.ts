/** The reference as one page: every operation by service, with what it takes and gives; reads can be tried in place. */
import type { ApiDocument, Json, Operation, Parameter } from "../api-merge.ts";
import { clientLine, curlLine } from "./ways.ts";

const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const shown = (value: unknown): string => `<pre>${escaped(JSON.stringify(value, null, 2))}</pre>`;

/** Needs `docs.css` and `docs.js` beside it, and nothing else. */
export function referencePage(document: ApiDocument): string {
  const { info, tags = [], paths, components = {} } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = tags.map(({ name, description }) => {
    const rows = operations.filter(({ operation }) => operation.tags?.includes(name)).map(operationRow);
    const none = `<p class="away">Cannot be reached just now, so its paths are not shown.</p>`;
    const title = `<h2>${escaped(name)} <small>${escaped(description)}</small></h2>`;
    return `<section id="${name}">${title}${rows.join("") || none}</section>`;
  });
  const links = tags.map(({ name }) => `<li><a href="#${name}">${escaped(name)}</a></li>`);
  const schemas = Object.entries(components.schemas ?? {});
  const shapes = schemas.map(([name, schema]) => folded(name, schema, ` id="schema-${name}"`));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API</title><link rel="stylesheet" href="docs.css">
<script src="docs.js" defer></script></head>
<body><header><h1>${escaped(info.title)} API</h1><p>${escaped(info.description ?? "")}
The whole document: <a href="openapi.json">openapi.json</a>.</p>
<label>Find an operation <input id="find" type="search" autocomplete="off"></label></header>
<nav aria-label="Services"><ul>${links.join("")}<li><a href="#shapes">shapes</a></li></ul></nav>
<main>${sections.join("\n")}<section id="shapes"><h2>Shapes</h2>${shapes.join("\n")}</section></main></body></html>`;
}

/** The schema as JSON, with names of shapes as links to them. */
const schemaBox = (schema: unknown): string =>
  shown(schema).replace(
    /&#34;#\/components\/schemas\/([\w-]+)&#34;/g,
    (_, name: string) => `<a href="#schema-${name}">${name}</a>`,
  );

interface Row {
  path: string;
  method: string;
  operation: Operation;
}

function operationRow({ path, method, operation }: Row): string {
  const { summary = "", parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content["application/json"];
  const [type, answer] = Object.entries(responses["200"]?.content ?? {})[0] ?? [];
  const parts = [
    `<p>${escaped(whoMay(operation))}</p>`,
    copied("curl", curlLine({ path, method, operation })),
    type === "application/json" ? copied("client", clientLine(operation)) : "",
    parameters.length > 0 ? parameterTable(parameters) : "",
    body ? `<h4>Body</h4>${body.example === undefined ? "" : shown(body.example)}${folded("Schema", body.schema)}` : "",
    answer
      ? `<h4>Answer</h4>${answer.example === undefined ? "" : shown(answer.example)}${folded("Schema", answer.schema)}`
      : "",
    method === "get" && type === "application/json" ? tryForm(path, parameters) : "",
  ];
  const title = `<code class="${method}">${method.toUpperCase()}</code> <code>${escaped(path)}</code> ${escaped(summary)}`;
  return `<details class="operation" id="${operation.operationId}"><summary>${title}</summary>${parts.join("")}</details>\n`;
}

/** A line to be copied as it stands. */
const copied = (what: string, line: string): string =>
  `<div class="way"><span>${what}</span><pre tabindex="0">${escaped(line)}</pre><button type="button">Copy</button></div>`;

const folded = (title: string, schema: Json | undefined, attributes = ""): string =>
  schema === undefined ? "" : `<details${attributes}><summary>${title}</summary>${schemaBox(schema)}</details>`;

function whoMay(operation: Operation): string {
  if (operation.security === undefined) return "Needs no sign-in.";
  const roles = operation["x-roles"] ?? [];
  return roles.length === 5 ? "For everyone who is signed in." : `For ${roles.join(", ")}.`;
}

function parameterTable(parameters: readonly Parameter[]): string {
  const rows = parameters.map(
    ({ name, in: where, required, schema, example, description = "" }) =>
      `<tr><th scope="row"><code>${escaped(name)}</code></th><td>${where}${required ? ", required" : ""}</td>` +
      `<td>${escaped(description)}${example === undefined ? "" : ` <code>${escaped(String(example))}</code>`}</td>` +
      `<td><code>${escaped(JSON.stringify(schema))}</code></td></tr>`,
  );
  return `<table><tbody>${rows.join("")}</tbody></table>`;
}

function tryForm(path: string, parameters: readonly Parameter[]): string {
  const fields = parameters
    .filter(({ in: where }) => where !== "header")
    .map(({ name, in: where, required, schema, example: shown }) => {
      const example = shown ?? (schema as { example?: unknown } | undefined)?.example;
      const hint = example === undefined ? "" : ` placeholder="${escaped(String(example))}"`;
      const must = required ? " required" : "";
      return `<label>${escaped(name)} <input name="${escaped(name)}" data-in="${where}"${hint}${must}></label>`;
    });
  return (
    `<form class="try" data-path="${escaped(path)}">${fields.join("")}<button type="submit">Try it</button>` +
    `<pre class="answer" aria-live="polite" hidden></pre></form>`
  );
}
