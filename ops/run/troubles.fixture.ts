/** What can happen to Redis and to processes under a running installation, for tests and drills to let happen. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { streamName } from "../../shared/adapters/redis/names.ts";
import { orderResults } from "../../shared/streams.ts";
import { PROCESSES_FILE, type ProcessesSeen } from "./left-running.ts";
import { type Running, until } from "./process.fixture.ts";
import type { ProgramState } from "./supervise.ts";

/** What happens, in words that follow "Redis"; and its happening, which ends when the trouble is over. */
export type Trouble = readonly [what: string, happens: (running: Running) => Promise<void>];

const MIDDLE_MS = 1_500;

const seen = ({ data }: Running): ProcessesSeen => JSON.parse(readFileSync(join(data, PROCESSES_FILE), "utf8"));

export const programs = (running: Running): ProgramState[] => seen(running).processes;

export function programOf(running: Running, name: string): ProgramState {
  const found = programs(running).find((program) => program.name === name);
  if (!found) throw new Error(`${name} is none of the programs`);
  return found;
}

/** Kills a program and waits until the supervisor has it up again; `meanwhile` runs while it is down. */
export async function killed(running: Running, name: string, meanwhile: () => void = () => {}): Promise<void> {
  const { pid, restarts } = programOf(running, name);
  process.kill(pid as number, "SIGKILL");
  while (isAlive(pid as number)) await Bun.sleep(1);
  meanwhile();
  await until(`${name} runs again`, async () => {
    const now = programOf(running, name);
    return now.restarts > restarts && now.status === "up";
  });
}

/** Stops a program as a debugger or a swapping machine would, and lets it go on. */
export async function stopped(running: Running, name: string, during: () => Promise<unknown>): Promise<void> {
  const pid = programOf(running, name).pid as number;
  process.kill(pid, "SIGSTOP");
  try {
    await during();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** Sends one command to the installation's Redis. */
export async function redis(running: Running, command: string, ...args: string[]): Promise<unknown> {
  const client = new Redis(seen(running).redis_url, { retryStrategy: () => null, lazyConnect: true });
  client.on("error", () => {});
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

/** What Redis may do at any time; `awayMs`: for how long it is away where that is for us to say. */
export function redisTroubles(awayMs: number): Trouble[] {
  const silent: Trouble = [
    `silent for ${awayMs / 1_000} s`,
    (running) => stopped(running, "redis", () => Bun.sleep(awayMs)),
  ];
  return [
    ["killed", (running) => killed(running, "redis")],
    silent,
    ["cut off from everybody", async (running) => void (await redis(running, "CLIENT", "KILL", "TYPE", "normal"))],
    ["flushed", flushed],
    ["restarted empty", restartedEmpty],
    [`full for ${awayMs / 1_000} s`, (running) => full(running, awayMs)],
    ["trimmed behind the back of a service that is stopped", trimmedBehindPositions],
  ];
}

/** While the position manager is stopped and can hear nothing: what it was told in the middle of it is lost. */
const unheard = (running: Running, work: () => Promise<unknown>): Promise<void> =>
  stopped(running, "s06-position", async () => {
    await Bun.sleep(MIDDLE_MS);
    await work();
  });

const flushed = (running: Running): Promise<void> => unheard(running, () => redis(running, "FLUSHALL"));

/** Killed, with what it had on disk gone when it starts again. */
function restartedEmpty(running: Running): Promise<void> {
  const forget = () => rmSync(join(running.data, "redis", "appendonlydir"), { recursive: true });
  return unheard(running, () => killed(running, "redis", forget));
}

/** Writes are refused as out of memory. */
async function full(running: Running, ms: number): Promise<void> {
  await redis(running, "CONFIG", "SET", "maxmemory", "1mb");
  try {
    await Bun.sleep(ms);
  } finally {
    await redis(running, "CONFIG", "SET", "maxmemory", "0");
  }
}

/** The results that the position manager has not read yet are taken out of their streams. */
function trimmedBehindPositions(running: Running): Promise<void> {
  return unheard(running, async () => {
    const pattern = streamName(orderResults.family, "*");
    const [, names] = (await redis(running, "SCAN", "0", "MATCH", pattern, "COUNT", "100000")) as [string, string[]];
    for (const name of names) {
      if ((await redis(running, "TYPE", name)) === "stream") await redis(running, "XTRIM", name, "MAXLEN", "0");
    }
  });
}

/** A process that has ended has no working folder, whether or not anybody has collected it. */
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}/cwd`);
