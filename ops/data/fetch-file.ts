/** Fetches one file with its checksum: goes on where it broke off, and is whole or not there. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../shared/kit/ports.ts";
import { shown } from "../../shared/market-data/damage.ts";

/** In a row, without a byte in between. */
const TRIES = 5;
/** The same where nobody listens: that seldom passes. */
const UNANSWERED_TRIES = 3;
const PAUSE_MS = 500;
const PAUSE_MS_MAX = 30_000;
/** Without a byte for so long, a connection is taken for dead. */
const SILENCE_MS = 30_000;
const FILE_BYTES_MAX = 64 * 1024 ** 3;
const CHECKSUM_BYTES_MAX = 4_096;

export interface Fetching {
  clock: Pick<Clock, "sleep" | "after">;
  onBytes?(bytes: number): void;
  /** The first pause before another try, doubled with each. */
  pauseMs?: number;
  silenceMs?: number;
}

/** Nobody answers at the address. */
export class Unreachable extends Error {}

/** The SHA-256 that is published beside the file; undefined: the file is not there. Throws when it cannot be told. */
export async function fetchChecksum(url: string, fetching: Fetching): Promise<string | undefined> {
  return tried(url, fetching, async () => {
    const response = await fetch(`${url}.CHECKSUM`, { signal: AbortSignal.timeout(fetching.silenceMs ?? SILENCE_MS) });
    if (response.status === 404) return { value: undefined };
    refuseStatus(response, `${url}.CHECKSUM`);
    const text = (await response.text()).slice(0, CHECKSUM_BYTES_MAX);
    const sum = /^([0-9a-f]{64})\s/i.exec(text)?.[1];
    if (sum === undefined) throw new Error(`${url}.CHECKSUM holds no SHA-256: ${shown(text)}`);
    return { value: sum.toLowerCase() };
  });
}

/** Fetches to `target` by way of `target.part`. Throws when its checksum is wrong twice, or there is no getting it. */
export async function fetchFile(url: string, target: string, sum: string, fetching: Fetching): Promise<void> {
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  // What is there may be of an earlier publication: then it is fetched once more from its beginning.
  for (const isLast of [false, true]) {
    await tried(url, fetching, () => more(url, part, fetching));
    if ((await sha256Of(part)) === sum) return rename(part, target);
    await rm(part, { force: true });
    if (isLast) throw new Error(`${url} does not have its published checksum ${sum}`);
  }
}

/** Fetches what is lacking, once; the answer is undefined when it is all there. */
async function more(url: string, part: string, fetching: Fetching): Promise<Answer<undefined>> {
  const have = await stat(part).then(
    ({ size }) => size,
    () => 0,
  );
  const abort = new AbortController();
  const silent = silence(abort, fetching);
  let got = 0;
  let goesOn = false;
  try {
    const response = await fetch(url, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      signal: abort.signal,
    });
    // Everything is there, or more than everything: the checksum tells.
    if (response.status === 416) return { value: undefined };
    refuseStatus(response, url);
    goesOn = response.status === 206 && startOf(response) === have;
    if (response.status === 206 && !goesOn) throw new Error(`${url} answers another range than was asked for`);
    const file = await open(part, goesOn ? "a" : "w");
    try {
      for await (const chunk of response.body ?? []) {
        silent.heard();
        await file.write(chunk);
        got += chunk.length;
        if (have + got > FILE_BYTES_MAX) throw new Refused(`${url} is larger than ${FILE_BYTES_MAX} bytes`);
        fetching.onBytes?.(chunk.length);
      }
      await checkLength(response, got, file);
    } finally {
      await file.close();
    }
    return { value: undefined };
  } catch (error) {
    // One that begins anew each time could break off for ever.
    return { error, moved: goesOn && got > 0 };
  } finally {
    silent.stop();
  }
}

/** A connection that closes early may look like an end. */
async function checkLength(response: Response, got: number, file: FileHandle): Promise<void> {
  const length = response.headers.get("content-length");
  const isPacked = response.headers.get("content-encoding") !== null;
  await file.sync();
  if (length !== null && !isPacked && got < Number(length)) throw new Error(`cut off after ${got} of ${length} bytes`);
}

const startOf = (response: Response): number =>
  Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN);

interface Answer<T> {
  value?: T;
  error?: unknown;
  /** Something came before it broke off. */
  moved?: boolean;
}

/** No other try will make it better. */
class Refused extends Error {}
class Wait extends Error {
  readonly ms: number;
  constructor(message: string, ms: number) {
    super(message);
    this.ms = ms;
  }
}

function refuseStatus(response: Response, url: string): void {
  const { status } = response;
  if (response.ok) return;
  const said = `${url} answers ${status}`;
  if (status === 429 || status >= 500)
    throw new Wait(said, Number(response.headers.get("retry-after") ?? 0) * 1_000 || 0);
  throw new Refused(said);
}

/** Again and again, with longer and longer pauses, until it works or does not move any more. */
async function tried<T>(url: string, fetching: Fetching, once: () => Promise<Answer<T>>): Promise<T> {
  let failures = 0;
  for (;;) {
    const { value, error, moved } = await once().catch((error: unknown): Answer<T> => ({ error }));
    if (error === undefined) return value as T;
    failures = moved ? 1 : failures + 1;
    if (error instanceof Refused) throw error;
    if (isNoAnswer(error) && failures >= UNANSWERED_TRIES) throw new Unreachable(why(url, error));
    if (failures >= TRIES) throw error;
    const pause = Math.min(PAUSE_MS_MAX, (fetching.pauseMs ?? PAUSE_MS) * 2 ** (failures - 1));
    await fetching.clock.sleep(Math.min(PAUSE_MS_MAX, Math.max(pause, error instanceof Wait ? error.ms : 0)));
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? "");
const isNoAnswer = (error: unknown): boolean =>
  ["ConnectionRefused", "FailedToOpenSocket", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT"].includes(
    codeOf(error),
  );
const why = (url: string, error: unknown): string => `${new URL(url).host} cannot be reached (${codeOf(error)})`;

function silence(abort: AbortController, { clock, silenceMs = SILENCE_MS }: Fetching) {
  const start = () => clock.after(silenceMs, () => abort.abort(new Error(`nothing came for ${silenceMs / 1_000} s`)));
  let cancel = start();
  return {
    heard(): void {
      cancel();
      cancel = start();
    },
    stop: () => cancel(),
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
