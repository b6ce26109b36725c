import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { hasMinio, MinioServer, rawClient } from "../../testing/minio-server.ts";
import { seededRandom } from "../random.ts";
import { S3Blobs } from "../s3.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const QUICK = { answerMs: 300, waitsMs: [20, 50] };

if (!hasMinio) test.skip("appends while the store comes and goes (skipped: needs minio)", () => {});

describe.if(hasMinio)("appends while the store comes and goes", () => {
  let server: MinioServer;
  let blobs: S3Blobs;
  beforeAll(async () => {
    server = await MinioServer.start();
    await rawClient(server.place()).makeBucket("chimera");
  });
  afterAll(() => server.stop());
  const open = () => {
    blobs = new S3Blobs({
      ...{ ...server.place(), clock: { now: () => Date.now() } },
      ...{ patience: QUICK, partLimits: { few: 8, many: 50 } },
    });
  };

  /** Appends one number after the other as a recorder does: what failed is appended again, with what came meanwhile. */
  async function append(key: string, from: number, to: number): Promise<void> {
    let waiting = "";
    for (let n = from; n < to; n++) {
      waiting += `${n};`;
      const isThere = await blobs.append(key, bytes(waiting)).then(
        () => true,
        () => false,
      );
      if (isThere) waiting = "";
    }
    while (waiting !== "") {
      await blobs.append(key, bytes(waiting)).then(
        () => {
          waiting = "";
        },
        () => Bun.sleep(50),
      );
    }
  }
  const said = async (key: string) =>
    new TextDecoder()
      .decode(await blobs.get(key))
      .split(";")
      .slice(0, -1)
      .map(Number);
  const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

  test("killed in the middle and begun again: all is there, once, in its order", async () => {
    open();
    const chance = seededRandom("kills");
    const appending = append("log/1", 0, 120);
    for (let nth = 0; nth < 3; nth++) {
      await Bun.sleep(20 + chance.int(60));
      await server.kill();
      await Bun.sleep(chance.int(200));
      await server.restart();
    }
    await appending;
    expect(await said("log/1")).toEqual(upTo(120));
    const { items } = await blobs.list("", { limit: 5 });
    expect(items).toMatchObject([{ key: "log/1", bytes: upTo(120).join(";").length + 1 }]);
  });

  test("standing still with its sockets open: what it did without an answer is not there twice", async () => {
    open();
    const appending = append("log/2", 0, 60);
    for (let nth = 0; nth < 2; nth++) {
      await Bun.sleep(50);
      server.pause();
      await Bun.sleep(1_200);
      server.resume();
    }
    await appending;
    expect(await said("log/2")).toEqual(upTo(60));
  });

  test("whoever appends is gone, and another goes on where it was", async () => {
    open();
    await append("log/3", 0, 20);
    open();
    await append("log/3", 20, 30);
    open();
    expect(await said("log/3")).toEqual(upTo(30));
  });
});
