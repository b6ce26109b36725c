/** The web page's files, read once into memory and served with the headers a browser needs to be safe. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../shared/keys.ts";

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  json: "application/json",
  woff2: "font/woff2",
};

/** On every answer of the gateway; scripts, styles, frames (reports) and connections come from here alone. */
export const SECURITY_HEADERS: Record<string, string> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
};

interface File {
  body: Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  etag: string;
}

/** Files whose names hold a hash of their content never change. */
const HASHED = /-[a-z0-9]{8,}\.\w+$/;

export async function loadWebFiles(folder: string | undefined) {
  const files = new Map<string, File>();
  const names = folder === undefined ? [] : await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of names) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const body = new Uint8Array(await readFile(path));
    const type = TYPES[entry.name.slice(entry.name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const caching = HASHED.test(entry.name) ? "public, max-age=31536000, immutable" : "no-cache";
    const etag = `"${digest(Buffer.from(body).toString("latin1")).slice(0, 20)}"`;
    files.set(path.slice((folder as string).length).replaceAll("\\", "/"), {
      body,
      headers: { "content-type": type, "cache-control": caching, etag },
      etag,
    });
  }

  /** The file, or for a page's address the page; undefined when there is no page at all. */
  return function serve(request: Request): Response | undefined {
    const path = decodeURIComponent(new URL(request.url).pathname);
    const file = files.get(path) ?? (/\.\w+$/.test(path) ? undefined : files.get("/index.html"));
    if (!file) return undefined;
    const { headers } = file;
    if (request.headers.get("if-none-match") === file.etag) return new Response(null, { status: 304, headers });
    return new Response(request.method === "HEAD" ? null : file.body, { headers });
  };
}
