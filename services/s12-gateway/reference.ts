/** The reference of the whole API under the prefix: the merged document, and a page to read it by and try it with. */
import { readFileSync } from "node:fs";
import { digest } from "../../shared/keys.ts";
import { openApiOf } from "../../shared/kit/openapi.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Peers, Verb } from "../../shared/kit/service.ts";
import type { ApiDocuments } from "./api-documents.ts";
import { type Examples, exampled } from "./api-example.ts";
import examples from "./api-examples.json";
import { type ApiDocument, mergeApi, type Source } from "./api-merge.ts";
import { OWN_PATHS } from "./api-own.ts";
import { API_PREFIX } from "./proxy.ts";
import { referencePage } from "./reference/page.ts";
import { COOKIE } from "./session-cookie.ts";

const PAGE_FILES = { "/docs.css": "page.css", "/docs.js": "page.js" } as const;
const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" };

export function mergedApi(sources: readonly Source[]): ApiDocument {
  const shown = sources.map(({ document, ...source }) => ({
    ...source,
    // Too many shapes for their inferred type to be of use.
    document: document && exampled(document, examples as unknown as Examples),
  }));
  return mergeApi(shown, { prefix: API_PREFIX, cookie: COOKIE, own: OWN_PATHS });
}

/** The gateway's own document, as the kit makes it of each service. */
export function ownDocument(verbs: readonly Verb[]): ApiDocument {
  return openApiOf({ id: "s12", title: "" }, verbs, "") as unknown as ApiDocument;
}

export interface ReferenceParts {
  peers: Pick<Peers, "services">;
  documents: ApiDocuments;
  self: ServiceId;
  /** The gateway's own document, which nobody has to be asked for. */
  own(): ApiDocument;
}

/** Answers what of the reference is asked for, `path` without the prefix; undefined: something else. */
export function createReference({ peers, documents, self, own }: ReferenceParts) {
  const files = new Map<string, Response>();
  for (const [path, name] of Object.entries(PAGE_FILES)) {
    const type = TYPES[name.endsWith("css") ? "css" : "js"];
    // At once: in virtual time a start that waits for a disk would wait for ever.
    const text = readFileSync(new URL(`./reference/${name}`, import.meta.url), "utf8");
    files.set(path, new Response(text, { headers: { "content-type": type } }));
  }
  let ours: ApiDocument | undefined;
  let kept: { of: (ApiDocument | undefined)[]; json: string; etag: string; page: string } | undefined;

  async function current(): Promise<NonNullable<typeof kept>> {
    await documents.refresh();
    ours ??= own();
    const of = peers.services.map(({ id }) => (id === self ? ours : documents.known(id)));
    if (kept?.of.every((document, at) => document === of[at])) return kept;
    const merged = mergedApi(peers.services.map(({ name, title }, at): Source => ({ name, title, document: of[at] })));
    const json = JSON.stringify(merged);
    kept = { of, json, etag: `"${digest(json).slice(0, 20)}"`, page: referencePage(merged) };
    return kept;
  }

  return async function answer(request: Request, path: string): Promise<Response | undefined> {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    const file = files.get(path);
    if (file) return file.clone();
    if (path === "/docs") {
      return new Response((await current()).page, { headers: { "content-type": "text/html; charset=utf-8" } });
    }
    if (path !== "/openapi.json") return undefined;
    const { json, etag } = await current();
    const headers = { "content-type": "application/json", "cache-control": "private, no-cache", etag };
    const isKnown = request.headers.get("if-none-match") === etag;
    return isKnown ? new Response(null, { status: 304, headers }) : new Response(json, { headers });
  };
}
