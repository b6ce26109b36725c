/** One bucket of an S3 store, object by object: requests within time limits, tried again where another try may help. */
import http from "node:http";
import https from "node:https";
import { Client } from "minio";
import { refuse } from "../../errors.ts";
import { inTime, partsOf } from "./bodies.ts";
import { completeUpload, type Sent } from "./complete.ts";
import { timedTransport } from "./transport.ts";
import {
  codeOf,
  explain,
  isAbsent,
  isOvertaken,
  isPassing,
  lacksConditions,
  Replaced,
  StoreTrouble,
} from "./trouble.ts";

/** Where a bucket is, and as whom we come. */
export interface S3Place {
  url: string;
  bucket: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** What people reach the store by, for links; the same address unless set. */
  publicUrl?: string;
}

export interface Patience {
  /** How long an answer may take to begin, ms. */
  answerMs: number;
  /** Waits between tries, ms; there is one try more than these. */
  waitsMs: readonly number[];
  /** Of uploads in parts; S3 takes at least 5 MiB and 10 000 of them. */
  partBytes: number;
}
export const PATIENCE: Patience = { answerMs: 10_000, waitsMs: [150, 600, 2_400], partBytes: 16 * 1024 * 1024 };

const PARTS_MAX = 10_000;
const SOCKETS_MAX = 32;
const STALLS_MAX = 3;
const PAGE = 1_000;
const GENERATION = "x-amz-meta-chimera-parts";
const UPLOAD = "x-amz-meta-chimera-upload";
const OK = [200];
const PIECE_OR_WHOLE = [200, 206];

export interface Head {
  bytes: number;
  /** With its quotes, as conditions want it. */
  etag: string;
  modified_at: number;
  /** Parts of this generation follow; none: it is the whole blob. */
  generation?: string;
  upload?: string;
}
export interface Found {
  name: string;
  bytes: number;
  modified_at: number;
}
/** What must hold of what is there, and what is to be remembered of what is put. */
export interface Terms {
  generation?: string;
  /** Nothing may be there yet. */
  isNew?: boolean;
  /** What is there must be this. */
  instead?: string;
}
/** Names an upload, so that one whose answer was lost is known again. */
export type NewName = () => string;

/** Throws Problem UNAVAILABLE when the store cannot be used, saying why. */
export class S3Objects {
  readonly bucket: string;
  readonly partBytes: number;
  readonly #client: Client;
  readonly #links: Client;
  readonly #patience: Patience;
  readonly #newName: NewName;

  constructor(place: S3Place, newName: NewName, patience: Patience) {
    this.bucket = place.bucket;
    this.partBytes = patience.partBytes;
    this.#patience = patience;
    this.#newName = newName;
    this.#client = clientOf(place, patience);
    this.#links = clientOf({ ...place, url: place.publicUrl ?? place.url }, patience);
  }

  /** False: what `terms` ask for does not hold, and nothing was done. */
  async put(name: string, body: Uint8Array, terms: Terms = {}): Promise<boolean> {
    const upload = this.#newName();
    const headers = { ...about(terms, upload), ...conditions(terms) };
    try {
      await this.#tried(() => this.#ask("PUT", { objectName: name, headers }, body));
      return true;
    } catch (error) {
      if (isOvertaken(error)) return (await this.head(name))?.upload === upload;
      if (terms.isNew && lacksConditions(error)) {
        if (await this.head(name)) return false;
        const { isNew: _, ...rest } = terms;
        return this.put(name, body, rest);
      }
      throw this.#explained(error);
    }
  }

  async head(name: string): Promise<Head | undefined> {
    try {
      const { headers } = await this.#tried(() => this.#ask("HEAD", { objectName: name }));
      return headOf(headers);
    } catch (error) {
      if (isAbsent(error)) return;
      throw this.#explained(error);
    }
  }

  /** Undefined: there is none, or none with that `etag`. */
  async open(name: string, etag?: string): Promise<{ head: Head; body: AsyncGenerator<Uint8Array> } | undefined> {
    const response = await this.#get(name, 0, etag);
    if (!response) return;
    const head = headOf(response.headers);
    return { head, body: this.#body(name, head, response) };
  }

  /** Names below `prefix` in order, behind `after`; `isLast`: there are no more. */
  async list(prefix: string, after: string, limit: number): Promise<{ found: Found[]; isLast: boolean }> {
    try {
      const page = await this.#tried(() => this.#client.listObjectsV2Query(this.bucket, prefix, "", "", limit, after));
      const found = page.objects.map((object) => ({
        name: object.name as string,
        bytes: Number(object.size),
        modified_at: Number(object.lastModified),
      }));
      return { found, isLast: !page.isTruncated || found.length === 0 };
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Every name below `prefix`, in order. */
  async *all(prefix: string, after = "", pageSize = PAGE): AsyncGenerator<Found> {
    for (let behind = after; ; ) {
      const { found, isLast } = await this.list(prefix, behind, pageSize);
      yield* found;
      if (isLast) return;
      behind = found.at(-1)!.name;
    }
  }

  /** From here on parts of that generation follow it. False: it is not that one any more. */
  async markParted(name: string, etag: string, generation: string): Promise<boolean> {
    const source = encodeURI(`/${this.bucket}/${name}`).replace(/[#?+]/g, encodeURIComponent);
    const headers = {
      ...{ "x-amz-copy-source": source, "x-amz-copy-source-if-match": etag, "x-amz-metadata-directive": "REPLACE" },
      ...about({ generation }, this.#newName()),
    };
    try {
      await this.#tried(() => this.#ask("PUT", { objectName: name, headers }));
      return true;
    } catch (error) {
      if (isOvertaken(error)) return (await this.head(name))?.generation === generation;
      if (isAbsent(error)) return false;
      throw this.#explained(error);
    }
  }

  /** What is not there any more is no error. */
  async remove(name: string): Promise<void> {
    try {
      await this.#tried(() => this.#ask("DELETE", { objectName: name }, undefined, [200, 204]));
    } catch (error) {
      if (!isAbsent(error)) throw this.#explained(error);
    }
  }

  /** Of any length; two parts of it are held at most. False: as `put`. */
  async upload(name: string, pieces: AsyncIterable<Uint8Array>, terms: Terms = {}): Promise<boolean> {
    const parts = partsOf(pieces, this.partBytes)[Symbol.asyncIterator]();
    const first = await parts.next();
    const second = first.done ? first : await parts.next();
    if (second.done) return this.put(name, first.value ?? new Uint8Array(), terms);
    const upload = this.#newName();
    const id = await this.#begun(name, about(terms, upload));
    try {
      const sent: Sent[] = [];
      const send = async (part: Uint8Array) => {
        if (sent.length === PARTS_MAX) refuse("TOO_LARGE", `A blob has at most ${PARTS_MAX * this.partBytes} bytes.`);
        sent.push(await this.#sendPart({ name, id, number: sent.length + 1 }, part));
      };
      await send(first.value as Uint8Array);
      await send(second.value);
      for (let next = await parts.next(); !next.done; next = await parts.next()) await send(next.value);
      if (await this.#complete({ name, id, upload }, sent, terms)) return true;
      await this.#client.abortMultipartUpload(this.bucket, name, id).catch(() => {});
      return false;
    } catch (error) {
      // What cannot be taken back now, the bucket's rules take back later.
      await this.#client.abortMultipartUpload(this.bucket, name, id).catch(() => {});
      await parts.return?.(undefined).catch?.(() => {});
      throw this.#explained(error);
    }
  }

  /** An address for a person's browser; nothing is asked for it. */
  link(name: string, { ttlMs, filename }: { ttlMs: number; filename: string }): Promise<string> {
    const ascii = filename.replace(/[^\x20-\x7e]|["\\]/g, "_");
    const exact = encodeURIComponent(filename).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
    const disposition = `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`;
    const asked = { "response-content-disposition": disposition };
    const seconds = Math.max(1, Math.floor(ttlMs / 1000));
    return this.#links.presignedGetObject(this.bucket, name, seconds, asked).catch((error) => {
      throw this.#explained(error);
    });
  }

  /** Once, without trying again. */
  async ping(): Promise<void> {
    try {
      if (await this.#client.bucketExists(this.bucket)) return;
    } catch (error) {
      throw this.#explained(error);
    }
    throw this.#explained({ code: "NoSuchBucket" });
  }

  async #ask(method: string, what: Asked, body?: Uint8Array, expected = OK): Promise<http.IncomingMessage> {
    const payload = body ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : "";
    const request = { method, bucketName: this.bucket, ...what };
    const response = await this.#client.makeRequestAsync(request, payload, expected);
    // Read to its end, or its socket would not be used again.
    if (method !== "GET") response.resume();
    return response;
  }

  async #get(name: string, offset: number, etag?: string): Promise<http.IncomingMessage | undefined> {
    const headers = {
      ...(offset > 0 && { range: `bytes=${offset}-` }),
      ...(etag !== undefined && { "if-match": etag }),
    };
    try {
      return await this.#tried(() => this.#ask("GET", { objectName: name, headers }, undefined, PIECE_OR_WHOLE));
    } catch (error) {
      if (isAbsent(error) || isOvertaken(error)) return;
      throw this.#explained(error);
    }
  }

  /** Goes on where it was cut off, unless nothing more comes time after time. */
  async *#body(name: string, head: Head, first: http.IncomingMessage): AsyncGenerator<Uint8Array> {
    let response = first;
    let stalls = 0;
    for (let at = 0; ; ) {
      const before = at;
      try {
        for await (const piece of inTime(response, this.#patience.answerMs)) {
          at += piece.length;
          yield piece;
        }
        if (at >= head.bytes) return;
      } catch (error) {
        if (!isPassing(error)) throw this.#explained(error);
      } finally {
        response.destroy();
      }
      stalls = at === before ? stalls + 1 : 0;
      if (stalls === STALLS_MAX) throw this.#explained(new StoreTrouble("TIMEOUT", "nothing more comes"));
      const next = await this.#get(name, at, head.etag);
      if (!next) throw new Replaced();
      response = next;
    }
  }

  async #begun(name: string, headers: Record<string, string>): Promise<string> {
    try {
      return await this.#tried(() => this.#client.initiateNewMultipartUpload(this.bucket, name, headers));
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #sendPart({ name, id, number }: { name: string; id: string; number: number }, part: Uint8Array) {
    const body = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    const which = { bucketName: this.bucket, objectName: name, uploadID: id, partNumber: number, headers: {} };
    return this.#tried(() => this.#client.uploadPart(which, body));
  }

  /** False: as `put`. */
  async #complete({ name, id, upload }: Upload, sent: readonly Sent[], terms: Terms): Promise<boolean> {
    const which = { bucket: this.bucket, name, id };
    try {
      await this.#tried(() => completeUpload(this.#client, which, { sent, headers: conditions(terms) }));
      return true;
    } catch (error) {
      const isMissed = codeOf(error) === "NoSuchUpload";
      if (!isMissed && !isOvertaken(error)) throw error;
      // Or it was done, and the answer to that was lost.
      if ((await this.head(name))?.upload === upload) return true;
      if (isMissed) throw error;
      return false;
    }
  }

  async #tried<T>(work: () => Promise<T>): Promise<T> {
    for (const wait of this.#patience.waitsMs) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      // Not all at the same moment again.
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
    return work();
  }

  #explained(error: unknown) {
    return explain(error, this.bucket);
  }
}

interface Asked {
  objectName: string;
  headers?: Record<string, string>;
}
interface Upload {
  name: string;
  id: string;
  upload: string;
}

/** Throws Error for an address that is none. */
export function clientOf({ url, region, accessKey, secretKey }: S3Place, patience: Patience): Client {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === "https:";
  if ((!isSecure && protocol !== "http:") || pathname !== "/") throw new Error(`${url} is no address of an S3 store.`);
  const agent = { keepAlive: true, maxSockets: SOCKETS_MAX };
  return new Client({
    ...{ endPoint: hostname, useSSL: isSecure, region, accessKey, secretKey, pathStyle: true },
    ...(port !== "" && { port: Number(port) }),
    transport: timedTransport(isSecure, patience),
    transportAgent: isSecure ? new https.Agent(agent) : new http.Agent(agent),
    retryOptions: { disableRetry: true },
  });
}

const about = ({ generation }: Terms, upload: string): Record<string, string> => ({
  "content-type": "application/octet-stream",
  [UPLOAD]: upload,
  ...(generation !== undefined && { [GENERATION]: generation }),
});

const conditions = ({ isNew, instead }: Terms): Record<string, string> => ({
  ...(isNew && { "if-none-match": "*" }),
  ...(instead !== undefined && { "if-match": instead }),
});

function headOf(headers: http.IncomingHttpHeaders): Head {
  const generation = headers[GENERATION];
  const upload = headers[UPLOAD];
  return {
    bytes: Number(headers["content-length"] ?? 0),
    etag: headers.etag ?? "",
    modified_at: Date.parse(headers["last-modified"] ?? "") || 0,
    ...(typeof generation === "string" && { generation }),
    ...(typeof upload === "string" && { upload }),
  };
}
