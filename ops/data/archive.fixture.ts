/** A local server that serves files as Binance's archive does, and can be told to fail in its ways. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ArchiveServer {
  url: string;
  /** By path, without a slash in front. */
  files: Map<string, Uint8Array>;
  /** The published sum, where it is another than the file's. */
  sums: Map<string, string>;
  /** Of whole files and ranges, in the order that they were asked for: `path` or `path from`. */
  asked: string[];
  /** Called for each file that is asked for; true: it has answered. */
  fault: ((path: string, response: ServerResponse, body: Uint8Array) => boolean) | undefined;
  honoursRanges: boolean;
  /** Most files under way at once. */
  most: number;
  stop(): Promise<void>;
}

export async function serveArchive(): Promise<ArchiveServer> {
  const server = createServer((request, response) => answer(archive, request, response));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const archive: ArchiveServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    sums: new Map(),
    asked: [],
    fault: undefined,
    honoursRanges: true,
    most: 0,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
  return archive;
}

let underWay = 0;

function answer(archive: ArchiveServer, request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").slice(1);
  const named = path.replace(/\.CHECKSUM$/, "");
  const body = archive.files.get(named);
  if (body === undefined) return void response.writeHead(404).end("<Error><Code>NoSuchKey</Code></Error>");
  if (named !== path) {
    const sum = archive.sums.get(named) ?? createHash("sha256").update(body).digest("hex");
    return void response.end(`${sum}  ${named.slice(named.lastIndexOf("/") + 1)}\n`);
  }
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  archive.asked.push(from > 0 ? `${path} ${from}` : path);
  underWay++;
  archive.most = Math.max(archive.most, underWay);
  response.on("close", () => underWay--);
  if (archive.fault?.(path, response, body)) return;
  if (from === 0 || !archive.honoursRanges) {
    response.writeHead(200, { "content-length": body.length }).end(body);
  } else if (from >= body.length) response.writeHead(416).end();
  else {
    const rest = body.subarray(from);
    const range = `bytes ${from}-${body.length - 1}/${body.length}`;
    response.writeHead(206, { "content-length": rest.length, "content-range": range }).end(rest);
  }
}
