import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { blobsContract } from "../testing/blobs.contract.ts";
import { anyS3, hasS3, rawClient, removeBucket } from "../testing/minio-server.ts";
import { type BucketRules, bucketState, ensureBucket } from "./s3/bucket.ts";
import type { S3Place } from "./s3/objects.ts";
import { S3Blobs, type S3Options } from "./s3.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined) => body && new TextDecoder().decode(body);
const clock = { now: () => Date.now() };
const RULES: BucketRules = { versionDays: 30 };

if (!hasS3) test.skip("blobs in S3 (skipped: needs minio)", () => {});

describe.if(hasS3)("a real S3 store", () => {
  let store: Awaited<ReturnType<typeof anyS3>>;
  const made: S3Place[] = [];
  beforeAll(async () => {
    store = await anyS3();
  });
  afterAll(async () => {
    for (const place of made) await removeBucket(place);
    await store.stop();
  });

  const noBucket = (): S3Place => store.place(`chimera-test-${randomUUID().slice(0, 8)}`);
  async function bucket(): Promise<S3Place> {
    const place = noBucket();
    await rawClient(place).makeBucket(place.bucket);
    made.push(place);
    return place;
  }
  const open = (place: S3Place, more: Partial<S3Options> = {}) => new S3Blobs({ ...place, clock, ...more });
  async function objects(place: S3Place): Promise<string[]> {
    const listed = rawClient(place).listObjectsV2(place.bucket, "", true);
    const found = (await Array.fromAsync(listed as AsyncIterable<{ name: string }>)) as { name: string }[];
    return found.map(({ name }) => name);
  }

  blobsContract("blobs in S3", async () => ({ blobs: open(await bucket()), async end() {} }));

  const ground: Ground = { noBucket, bucket, open, objects, made };
  describe("appended blobs", () => appended(ground));
  describe("bodies and names", () => bodies(ground));
  describe("the bucket", () => buckets(ground));
});

interface Ground {
  noBucket(): S3Place;
  bucket(): Promise<S3Place>;
  open(place: S3Place, more?: Partial<S3Options>): S3Blobs;
  objects(place: S3Place): Promise<string[]>;
  /** Buckets that go at the end. */
  made: S3Place[];
}

function appended({ bucket, open, objects }: Ground): void {
  test("two processes append to one blob: all of both is there, each in its order, and a put of one replaces all", async () => {
    const place = await bucket();
    const [one, two] = [open(place), open(place)];
    for (let at = 0; at < 5; at++) {
      await Promise.all([one.append("log", bytes(`a${at} `)), two.append("log", bytes(`b${at} `))]);
    }
    const said = text(await open(place).get("log"))!
      .trim()
      .split(" ");
    expect(said.filter((word) => word.startsWith("a"))).toEqual(["a0", "a1", "a2", "a3", "a4"]);
    expect(said.filter((word) => word.startsWith("b"))).toEqual(["b0", "b1", "b2", "b3", "b4"]);
    await one.put("log", bytes("new"));
    // The other one still knows the blob as it was.
    await two.append("log", bytes(" and more"));
    expect(text(await one.get("log"))).toBe("new and more");
    await one.delete("log");
    await two.append("log", bytes("again"));
    expect(text(await one.get("log"))).toBe("again");
  });

  test("many parts become one object that says the same, and appends go on meanwhile", async () => {
    const place = await bucket();
    const blobs = open(place, { partLimits: { few: 4, many: 100 } });
    let whole = "";
    for (let at = 0; at < 30; at++) {
      whole += `${at};`;
      await blobs.append("log/1", bytes(`${at};`));
      expect(text(await blobs.get("log/1"))).toBe(whole);
    }
    expect((await objects(place)).length).toBeLessThan(16);
    const { items } = await blobs.list("", { limit: 10 });
    expect(items).toMatchObject([{ key: "log/1", bytes: whole.length }]);
  });

  test("parts that a crash left behind belong to nothing: not read, not listed, gone with the next change", async () => {
    const place = await bucket();
    const blobs = open(place);
    await blobs.append("log", bytes("a"));
    await blobs.append("log", bytes("b"));
    const [, part] = await objects(place);
    const raw = rawClient(place);
    await raw.putObject(place.bucket, "blobs/log", Buffer.from("replaced"));
    expect(await objects(place)).toEqual(["blobs/log", part as string]);
    expect(text(await blobs.get("log"))).toBe("replaced");
    expect((await blobs.list("", { limit: 5 })).items).toMatchObject([{ key: "log", bytes: 8 }]);
    await raw.removeObject(place.bucket, "blobs/log");
    expect(await blobs.get("log")).toBeUndefined();
    expect((await blobs.list("", { limit: 5 })).items).toEqual([]);
    await open(place).put("log", bytes("x"));
    expect(await objects(place)).toEqual(["blobs/log"]);
  });
}

function bodies({ bucket, open }: Ground): void {
  test("what is not ours in the bucket is not listed", async () => {
    const place = await bucket();
    const raw = rawClient(place);
    for (const name of ["other/a", "blobs/.hidden", "blobs/a b", "blobs/a abc-1-x"]) {
      await raw.putObject(place.bucket, name, Buffer.from("x"));
    }
    expect((await open(place).list("", { limit: 10 })).items).toEqual([]);
  });

  test("a long body goes up in parts and comes whole; one that breaks off leaves no rest", async () => {
    const place = await bucket();
    const blobs = open(place, { patience: { partBytes: 5 * 1024 * 1024 } });
    const piece = Uint8Array.from({ length: 1_500_000 }, (_, at) => (at * 31) % 256);
    const whole = Buffer.concat(Array.from({ length: 8 }, () => piece));
    await blobs.write("backups/1", again(piece, 8));
    expect(Buffer.from((await blobs.get("backups/1"))!).equals(whole)).toBe(true);
    await blobs.put("backups/2", whole);
    expect(Buffer.from((await blobs.get("backups/2"))!).equals(whole)).toBe(true);
    await expect(blobs.write("backups/3", again(piece, 8, "the source broke"))).rejects.toThrow("the source broke");
    expect(await blobs.get("backups/3")).toBeUndefined();
    const unfinished = rawClient(place).listIncompleteUploads(place.bucket, "", true);
    expect(await Array.fromAsync(unfinished as AsyncIterable<unknown>)).toEqual([]);
  });

  test("a wrong key is told as such and not tried again and again", async () => {
    const place = await bucket();
    const blobs = open({ ...place, secretKey: "not-that-one" });
    await expect(blobs.put("a", bytes("x"))).rejects.toThrow("refuses our access key");
    await expect(blobs.list("", { limit: 1 })).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
}

function buckets({ noBucket, bucket, open, made }: Ground): void {
  test("a bucket is made ready once, what was replaced can be had back, and rules of others stay", async () => {
    const place = noBucket();
    const raw = rawClient(place);
    await expect(open(place).ping()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(open(place).put("a", bytes("x"))).rejects.toThrow("./chimera init makes the one of");
    expect(await bucketState(place, RULES)).toMatchObject({ isThere: false });
    expect(await ensureBucket(place, RULES)).toHaveLength(3);
    made.push(place);
    expect(await ensureBucket(place, RULES)).toEqual([]);
    const ready = { isThere: true, isVersioned: true, hasRules: true, isOpen: false };
    expect(await bucketState(place, RULES)).toEqual(ready);
    await open(place).put("reports/1.html", bytes("first"));
    await open(place).put("reports/1.html", bytes("second"));
    const versions = raw.listObjects(place.bucket, "", true, { IncludeVersion: true });
    expect(await Array.fromAsync(versions as AsyncIterable<unknown>)).toHaveLength(2);
    const theirs = { ID: "theirs", Status: "Enabled", Filter: { Prefix: "x/" }, Expiration: { Days: 9 } };
    await raw.setBucketLifecycle(place.bucket, { Rule: [theirs] });
    expect(await ensureBucket(place, RULES)).toHaveLength(1);
    const { Rule } = (await raw.getBucketLifecycle(place.bucket)) as { Rule: { ID: string }[] };
    expect(Rule.map(({ ID }) => ID).toSorted()).toEqual([
      "chimera-all",
      "chimera-market",
      "chimera-recordings",
      "chimera-work",
      "theirs",
    ]);
    expect(await ensureBucket(place, { versionDays: 7 })).toHaveLength(1);
  });

  test("a bucket that strangers may read is closed", async () => {
    const place = await bucket();
    const Statement = [
      {
        Effect: "Allow",
        Principal: { AWS: ["*"] },
        Action: ["s3:GetObject"],
        Resource: [`arn:aws:s3:::${place.bucket}/*`],
      },
    ];
    await rawClient(place).setBucketPolicy(place.bucket, JSON.stringify({ Version: "2012-10-17", Statement }));
    await open(place).put("a", bytes("secret"));
    const address = `${place.url}/${place.bucket}/blobs/a`;
    expect((await fetch(address)).status).toBe(200);
    expect((await ensureBucket(place, RULES)).join()).toContain("closed");
    expect((await fetch(address)).status).toBe(403);
  });
}

async function* again(piece: Uint8Array, count: number, end?: string) {
  for (let at = 0; at < count; at++) yield piece;
  if (end !== undefined) throw new Error(end);
}
