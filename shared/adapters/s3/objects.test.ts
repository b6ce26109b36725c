import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { S3Objects } from "./objects.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;
const ETAG = '"9b2cf535f27731c974343645a3985328"';

/** An answer as S3 servers give it. */
const said =
  (status: number, body = "", headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers });
    response.end(body);
  };
const failure = (status: number, code: string) =>
  said(status, `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Told by the server</Message></Error>`);
const silence: Answer = () => {};
const gone: Answer = (request) => void request.socket.destroy();
const fine = said(200, "", { etag: ETAG });

let server: Server;
let answers: Answer[];
let heard: { line: string; headers: IncomingMessage["headers"]; body: string }[];

beforeEach(async () => {
  answers = [];
  heard = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      heard.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      (answers.shift() ?? fine)(request, response, body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function objects(...said: Answer[]): S3Objects {
  answers = said;
  const { port } = server.address() as { port: number };
  let names = 0;
  return new S3Objects(
    { url: `http://127.0.0.1:${port}`, bucket: "chimera", region: "eu-west-1", accessKey: "me", secretKey: "hush" },
    () => `name${++names}`,
    { answerMs: 300, waitsMs: [1, 2], partBytes: 5 * 1024 * 1024 },
  );
}
const bytes = (text: string) => new TextEncoder().encode(text);
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(body)).toString();
}
const lines = () => heard.map(({ line }) => line);
const unavailable = (message: string) => expect.objectContaining({ code: "UNAVAILABLE", message });

describe("requests", () => {
  test("are signed for the bucket's region and carry their terms, and the secret nowhere", async () => {
    expect(await objects(fine).put("blobs/a b/ü+1", bytes("x"), { generation: "g1", isNew: true })).toBe(true);
    const [{ line, headers, body }] = heard as [(typeof heard)[number]];
    expect(line).toBe("PUT /chimera/blobs/a%20b/%C3%BC%2B1");
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=me\/\d{8}\/eu-west-1\/s3\/aws4_request/);
    expect(headers).toMatchObject({ "if-none-match": "*", "x-amz-meta-chimera-parts": "g1", "content-length": "1" });
    expect(headers["x-amz-content-sha256"]).toMatch(/^[0-9a-f]{64}$/);
    expect(body).toBe("x");
    expect(JSON.stringify(heard)).not.toContain("hush");
  });

  test("for lists go on behind the last name, and names are read as they were written", async () => {
    const page = (names: string[], isTruncated: boolean) => {
      const contents = names.map(
        (name) =>
          `<Contents><Key>${name}</Key><Size>3</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
      );
      return said(
        200,
        `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}</ListBucketResult>`,
      );
    };
    const store = objects(page(["blobs/a", "blobs/b%2Bc+d%252e"], true), page(["blobs/e"], false));
    const found = await Array.fromAsync(store.all("blobs/", "", 2));
    expect(found.map(({ name }) => name)).toEqual(["blobs/a", "blobs/b+c d%2e", "blobs/e"]);
    expect(found[0]).toEqual({ name: "blobs/a", bytes: 3, modified_at: Date.UTC(2026, 0, 1) });
    expect(heard[0]!.line).toContain("max-keys=2&prefix=blobs%2F");
    expect(heard[1]!.line).toContain("start-after=blobs%2Fb%2Bc%20d%252e");
  });

  test("for a link are none: it is made here, for whatever people reach the store by", async () => {
    const store = new S3Objects(
      {
        ...{ url: "http://minio:9000", publicUrl: "https://files.example.org", bucket: "chimera", region: "eu-west-1" },
        ...{ accessKey: "me", secretKey: "hush" },
      },
      () => "name",
      { answerMs: 300, waitsMs: [], partBytes: 5 * 1024 * 1024 },
    );
    const url = new URL(await store.link("blobs/reports/1.html", { ttlMs: 90_500, filename: 'a "b" ü.html' }));
    expect(url.origin + url.pathname).toBe("https://files.example.org/chimera/blobs/reports/1.html");
    expect(url.searchParams.get("X-Amz-Expires")).toBe("90");
    expect(url.searchParams.get("response-content-disposition")).toBe(
      `attachment; filename="a _b_ _.html"; filename*=UTF-8''a%20%22b%22%20%C3%BC.html`,
    );
  });
});

describe("a store in trouble", () => {
  test("is asked again, a few times", async () => {
    await objects(failure(503, "SlowDown"), failure(500, "InternalError"), fine).put("blobs/a", bytes("x"));
    expect(heard).toHaveLength(3);
    const away = unavailable("The object store is in trouble: 503 SlowDown.");
    const store = objects(failure(503, "SlowDown"), failure(503, "SlowDown"), failure(503, "SlowDown"), fine);
    await expect(store.put("blobs/a", bytes("x"))).rejects.toEqual(away);
    expect(heard).toHaveLength(6);
  });

  const lasting: [string, Answer, string][] = [
    ["full", failure(507, "XMinioStorageFull"), "The object store is full: XMinioStorageFull."],
    ["out of its quota", failure(400, "QuotaExceeded"), "The object store is full: QuotaExceeded."],
    ["not for us", failure(403, "AccessDenied"), "The object store refuses our access key: AccessDenied."],
    ["of another time", failure(403, "RequestTimeTooSkewed"), "The object store's clock and ours are too far apart."],
    [
      "without the bucket",
      failure(404, "NoSuchBucket"),
      "The object store has no bucket chimera; ./chimera init makes the one of CHIMERA_S3_BUCKET.",
    ],
  ];
  test.each(lasting)("that is %s says so, asked once", async (_, answer, message) => {
    await expect(objects(answer, fine).put("blobs/a", bytes("x"))).rejects.toEqual(unavailable(message));
    expect(heard).toHaveLength(1);
  });

  test("that is silent is not waited for", async () => {
    const store = objects(silence, silence, silence);
    await expect(store.head("blobs/a")).rejects.toEqual(unavailable("The object store gives no answer in time."));
    expect(heard).toHaveLength(3);
    await expect(objects(silence).ping()).rejects.toEqual(unavailable("The object store gives no answer in time."));
  });

  test("that is not there, or hangs up, cannot be reached", async () => {
    await expect(objects(gone, gone, gone).head("blobs/a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const store = objects();
    await new Promise((resolve) => server.close(resolve));
    await expect(store.list("blobs/", "", 10)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("that is no S3 store at all is told as that", async () => {
    const page = said(200, "<!doctype html><title>Welcome</title>", { "content-type": "text/html" });
    await expect(objects(page).list("blobs/", "", 10)).rejects.toThrow("The object store answers what we cannot use");
    await expect(objects(said(200, "\u0000\u0001<<<")).list("blobs/", "", 10)).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
  });
});

describe("bodies", () => {
  const whole = "0123456789".repeat(30);
  const cut =
    (from: number, to: number, status = 200): Answer =>
    (_, response) => {
      const length = String(whole.length - from);
      response.writeHead(status, { "content-length": length, etag: ETAG });
      response.write(whole.slice(from, to));
      setTimeout(() => response.destroy(), 20);
    };

  test("that are cut off go on from there, of the same object", async () => {
    const { body } = (await objects(cut(0, 100), cut(100, 180, 206), cut(180, 300, 206)).open("blobs/a"))!;
    expect(await textOf(body)).toBe(whole);
    expect(heard.map(({ headers }) => [headers.range, headers["if-match"]])).toEqual([
      [undefined, undefined],
      ["bytes=100-", ETAG],
      ["bytes=180-", ETAG],
    ]);
  });

  test("that stand still are fetched on, and given up in the end", async () => {
    const stuck: Answer = (_, response) => {
      response.writeHead(206, { "content-length": "200", etag: ETAG });
      response.flushHeaders();
    };
    const { body } = (await objects(cut(0, 100), stuck, stuck, stuck).open("blobs/a"))!;
    await expect(textOf(body)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  test("that were replaced in the middle are not put together of two", async () => {
    const { body } = (await objects(cut(0, 100), failure(412, "PreconditionFailed")).open("blobs/a"))!;
    await expect(textOf(body)).rejects.toThrow("replaced while it was read");
  });

  test("that are not there are undefined", async () => {
    expect(await objects(failure(404, "NoSuchKey")).open("blobs/a")).toBeUndefined();
    expect(await objects(said(404)).head("blobs/a")).toBeUndefined();
  });
});

describe("what was done, and the answer lost", () => {
  const upload = (name: string) => said(200, "", { etag: ETAG, "x-amz-meta-chimera-upload": name });

  test("is known again by its name where nothing might have been there", async () => {
    const store = objects(gone, failure(412, "PreconditionFailed"), upload("name1"));
    expect(await store.put("blobs/a", bytes("x"), { isNew: true })).toBe(true);
    const other = objects(gone, failure(412, "PreconditionFailed"), upload("theirs"));
    expect(await other.put("blobs/a", bytes("x"), { isNew: true })).toBe(false);
  });

  test("is known again where it was the end of a long upload", async () => {
    const begun = said(200, "<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>");
    const store = objects(begun, fine, fine, gone, failure(404, "NoSuchUpload"), upload("name1"));
    expect(await store.upload("blobs/a", pieces(2, 3_000_000))).toBe(true);
    expect(lines().map((line) => line.replace(/^(\S+) \S+\?/, "$1 "))).toEqual([
      "POST uploads",
      "PUT uploadId=u-1&partNumber=1",
      "PUT uploadId=u-1&partNumber=2",
      "POST uploadId=u-1",
      "POST uploadId=u-1",
      "HEAD /chimera/blobs/a",
    ]);
  });

  test("is not believed where the end of a long upload was refused, and what is left of it is taken back", async () => {
    const begun = said(200, "<InitiateMultipartUploadResult><UploadId>u-1</UploadId></InitiateMultipartUploadResult>");
    const refused = said(200, "<Error><Code>InternalError</Code><Message>Could not</Message></Error>");
    const store = objects(begun, fine, fine, refused, refused, refused);
    await expect(store.upload("blobs/a", pieces(2, 3_000_000))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(lines().at(-1)).toBe("DELETE /chimera/blobs/a?uploadId=u-1");
  });

  test("a store that knows no conditions is looked at first", async () => {
    const store = objects(failure(501, "NotImplemented"), failure(404, "NoSuchKey"), fine);
    expect(await store.put("blobs/a", bytes("x"), { isNew: true })).toBe(true);
    expect(heard.map(({ headers }) => headers["if-none-match"])).toEqual(["*", undefined, undefined]);
    expect(await objects(failure(501, "NotImplemented"), fine).put("blobs/a", bytes("x"), { isNew: true })).toBe(false);
  });
});

async function* pieces(count: number, length: number) {
  for (let at = 0; at < count; at++) yield new Uint8Array(length);
}
