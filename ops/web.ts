/** Bundles the web page into hashed static files, once per content: a later start finds them already there. */
import { createHash } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";

const ROOT = join(import.meta.dir, "..");
const WEB = join(ROOT, "services/s12-gateway/web");
const ENTRY = join(WEB, "index.html");
/** What the bundle is made from: the page, what it takes from shared, and the exact libraries. */
const SHARED = ["shared/client", "shared/domain", "shared/trading", "shared/report", "shared/streams.ts"].map((path) =>
  join(ROOT, path),
);
const SOURCES = [WEB, ...SHARED, join(ROOT, "bun.lock")];
const MARKER = "web-build.json";

export interface WebBuild {
  /** Paths relative to `outDir`, `index.html` among them. */
  readonly files: readonly string[];
}

interface Marked extends WebBuild {
  readonly hash: string;
}

/** Fills `outDir` with the page's files and nothing else; does nothing when it already holds this content's build. */
export async function buildWeb(outDir: string): Promise<WebBuild> {
  const hash = await hashOf(SOURCES);
  const kept = await readMarker(outDir);
  if (kept?.hash === hash && (await allThere(outDir, kept.files))) return { files: kept.files };
  // Built beside and moved into place whole, so that a gateway never serves half a page.
  const fresh = `${outDir}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  const built = await Bun.build({
    entrypoints: [ENTRY],
    outdir: fresh,
    target: "browser",
    minify: true,
    // What is imported while the page runs, such as Research, is a file of its own that comes when it is asked for.
    splitting: true,
    publicPath: "/",
    define: { "process.env.NODE_ENV": '"production"' },
    naming: { entry: "[name].[ext]", chunk: "assets/[name]-[hash].[ext]", asset: "assets/[name]-[hash].[ext]" },
  });
  const files = built.outputs.map((output) => relative(fresh, output.path)).sort();
  await Bun.write(join(fresh, MARKER), JSON.stringify({ hash, files } satisfies Marked));
  await mkdir(join(outDir, ".."), { recursive: true });
  await rm(outDir, { recursive: true, force: true });
  await rename(fresh, outDir);
  return { files };
}

async function readMarker(outDir: string): Promise<Marked | undefined> {
  const marker = Bun.file(join(outDir, MARKER));
  return (await marker.exists()) ? ((await marker.json().catch(() => undefined)) as Marked | undefined) : undefined;
}

const allThere = async (outDir: string, files: readonly string[]): Promise<boolean> =>
  (await Promise.all(files.map((file) => Bun.file(join(outDir, file)).exists()))).every(Boolean);

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(Bun.version);
  for (const path of paths) {
    const inside = (await stat(path)).isDirectory() ? (await readdir(path, { recursive: true })).sort() : [""];
    for (const name of inside) {
      const file = join(path, name);
      if (/\.test\.tsx?$/.test(name) || (await stat(file)).isDirectory()) continue;
      hash.update(name).update(new Uint8Array(await Bun.file(file).arrayBuffer()));
    }
  }
  return hash.digest("hex");
}
