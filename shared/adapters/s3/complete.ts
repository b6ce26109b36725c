/** The end of an upload in parts, with the conditions under which the object may take its place: the client has none. */
import type { Client } from "minio";
import { joined } from "./bodies.ts";
import { StoreTrouble } from "./trouble.ts";

export interface Sent {
  part: number;
  etag: string;
}
export interface UploadId {
  bucket: string;
  name: string;
  id: string;
}

/** Throws what the server says, also where it says it with a status of 200, as S3 may once it has begun. */
export async function completeUpload(
  client: Client,
  { bucket, name, id }: UploadId,
  { sent, headers }: { sent: readonly Sent[]; headers: Record<string, string> },
): Promise<void> {
  const parts = sent.map(({ part, etag }) => `<Part><PartNumber>${part}</PartNumber><ETag>${etag}</ETag></Part>`);
  const payload = `<CompleteMultipartUpload xmlns="${NAMESPACE}">${parts.join("")}</CompleteMultipartUpload>`;
  const query = `uploadId=${encodeURIComponent(id)}`;
  const asked = { method: "POST", bucketName: bucket, objectName: name, query, headers };
  const answer = Buffer.from(await joined(await client.makeRequestAsync(asked, payload))).toString();
  const code = /<Error>.*?<Code>([^<]+)<\/Code>/s.exec(answer)?.[1];
  if (code === undefined) return;
  throw FINAL.has(code)
    ? Object.assign(new Error(code), { code })
    : new StoreTrouble(code, "an upload was not ended", 500);
}

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
/** However often it is asked again. */
const FINAL = new Set(["PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload", "InvalidPart"]);
