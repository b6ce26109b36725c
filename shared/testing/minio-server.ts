/** An S3 store for tests: a MinIO of their own where its program is here, else the one that `CHIMERA_TEST_S3` names. */
import { createServer } from "node:net";
import { join } from "node:path";
import { Client } from "minio";
import type { S3Place } from "../adapters/s3/objects.ts";
import { newFolder, removeFolder } from "./folder.ts";

const USER = "chimera";
const PASSWORD = "only-for-tests";
const STARTED_MS_MAX = 20_000;
/** `./chimera test --stores` builds it there. */
export const BUILT_MINIO = join(import.meta.dir, "..", "..", ".tools", "bin", "minio");

const named = process.env.CHIMERA_TEST_S3;
const program = Bun.which("minio") ?? ((await Bun.file(BUILT_MINIO).exists()) ? BUILT_MINIO : undefined);
export const hasMinio = program !== undefined;
/** As for tests that only need some S3 store, which they neither stop nor fill. */
export const hasS3 = hasMinio || named !== undefined;
if (!hasS3) console.log("skipped: needs minio");

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** One on a free port, with its data in a folder that goes with it. */
export class MinioServer {
  readonly url: string;
  readonly #folder = newFolder();
  #child: ReturnType<typeof Bun.spawn> | undefined;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<MinioServer> {
    const server = new MinioServer(await freePort());
    await server.restart();
    return server;
  }

  place(bucket = "chimera"): S3Place {
    return { url: this.url, bucket, region: "us-east-1", accessKey: USER, secretKey: PASSWORD };
  }

  /** Begins again with what it holds. */
  async restart(): Promise<void> {
    const { PATH, HOME } = process.env;
    this.#child = Bun.spawn(
      [program as string, "server", "--quiet", "--address", new URL(this.url).host, join(this.#folder, "data")],
      {
        env: { PATH, HOME, MINIO_ROOT_USER: USER, MINIO_ROOT_PASSWORD: PASSWORD, MINIO_BROWSER: "off" },
        stdout: "ignore",
        stderr: "ignore",
      },
    );
    const until = performance.now() + STARTED_MS_MAX;
    while (!(await this.#isThere())) {
      if (performance.now() > until) throw new Error(`minio did not start at ${this.url}`);
      await Bun.sleep(50);
    }
  }

  /** Gone at once, as by a power cut. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  /** Stands still, its sockets open, until `resume`. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    await this.kill();
    removeFolder(this.#folder);
  }

  async #isThere(): Promise<boolean> {
    try {
      const client = rawClient(this.place());
      await client.listBuckets();
      return true;
    } catch {
      return false;
    }
  }
}

/** For what a test does behind the adapter's back. */
export function rawClient({ url, region, accessKey, secretKey }: S3Place): Client {
  const { hostname, port, protocol } = new URL(url);
  const useSSL = protocol === "https:";
  return new Client({
    ...{ endPoint: hostname, port: Number(port || (useSSL ? 443 : 80)), useSSL, region, accessKey, secretKey },
    retryOptions: { disableRetry: true },
  });
}

/** A store for tests that need no more than that: the named one, with buckets of their own, or a MinIO. */
export async function anyS3(): Promise<{ place(bucket: string): S3Place; stop(): Promise<void> }> {
  if (named === undefined) {
    const server = await MinioServer.start();
    return { place: (bucket) => server.place(bucket), stop: () => server.stop() };
  }
  const { origin, username, password } = new URL(named);
  const [accessKey, secretKey] = [decodeURIComponent(username), decodeURIComponent(password)];
  return { place: (bucket) => ({ url: origin, bucket, region: "us-east-1", accessKey, secretKey }), async stop() {} };
}

/** With all that is in it, every version. */
export async function removeBucket(place: S3Place): Promise<void> {
  const client = rawClient(place);
  const listed = client.listObjects(place.bucket, "", true, { IncludeVersion: true });
  for await (const { name, versionId } of listed as AsyncIterable<{ name: string; versionId?: string }>) {
    await client.removeObject(place.bucket, name, versionId ? { versionId } : {});
  }
  await client.removeBucket(place.bucket);
}
