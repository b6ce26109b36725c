/**
 * Benchmark: the web page in a real browser under a thousand live updates a second: frames, main thread, how long an
 * event takes to the screen, and memory over minutes. `CHIMERA_PAGE_MINUTES` sets how many.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { PASSWORD, type Running, up } from "../run/process.fixture.ts";
import { type Benchmark, type Result, type Row, skipped, summarise } from "./measure.ts";
import { PageRelay, samplesOf } from "./page-relay.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-precise-memory-info"];
const PORT_OFFSET = 22_000;
const UPDATES_A_SECOND = 1_000;
const INSTRUMENT = "FUT:BTCUSDT";
const TURNS = 3;
const TURN_MS = 8_000;
const SETTLE_MS = 2_000;
const MINUTES_DEFAULT = 4;
/** Memory is looked at after each of so many parts. */
const PARTS = 8;
const BYTES_IN_MIB = 2 ** 20;
/** A frame that takes longer than two of the screen's was seen to be late. */
const LATE_MS = 34;

/** What the page's own thread tells of a while. */
interface Seen {
  frames: number[];
  long: number[];
  delays: number[];
}
declare global {
  interface Window {
    seen: Seen & { from: number };
  }
}

/** Runs in the page: every frame's length, tasks above 50 ms, and how long after its sending the newest trade stood there. */
function watch(): void {
  const seen: Window["seen"] = { frames: [], long: [], delays: [], from: 0 };
  window.seen = seen;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.long.push(duration);
  }).observe({ entryTypes: ["longtask"] });
  const painted = new MessageChannel();
  let newest = "";
  painted.port1.onmessage = () => {
    const told = document.querySelector(".tape-row time")?.getAttribute("datetime") ?? "";
    if (told === "" || told === newest) return;
    newest = told;
    seen.delays.push(Date.now() - Date.parse(told));
  };
  requestAnimationFrame(function frame(at) {
    if (seen.from > 0) seen.frames.push(at - seen.from);
    seen.from = at;
    painted.port2.postMessage(0);
    requestAnimationFrame(frame);
  });
}

class Watched {
  readonly page: Page;
  readonly #cdp: CDPSession;
  private constructor(page: Page, cdp: CDPSession) {
    this.page = page;
    this.#cdp = cdp;
  }

  static async on(page: Page): Promise<Watched> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.evaluate(watch);
    return new Watched(page, cdp);
  }

  async #metric(name: string): Promise<number> {
    const { metrics } = await this.#cdp.send("Performance.getMetrics");
    return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
  }

  /** Over `ms`: what was seen, and the share of that time in which the main thread had a processor. */
  async during(ms: number): Promise<Seen & { busy: number }> {
    await this.page.evaluate(() => Object.assign(window.seen, { frames: [], long: [], delays: [], from: 0 }));
    const [begun, before] = [performance.now(), await this.#metric("TaskDuration")];
    await Bun.sleep(ms);
    const spent = (await this.#metric("TaskDuration")) - before;
    const seen = await this.page.evaluate(() => window.seen);
    return { ...seen, busy: spent / ((performance.now() - begun) / 1_000) };
  }

  /** Live objects after a collection, MiB, and the nodes of the document. */
  async memory(): Promise<{ mib: number; nodes: number }> {
    await this.#cdp.send("HeapProfiler.collectGarbage");
    return { mib: (await this.#metric("JSHeapUsedSize")) / BYTES_IN_MIB, nodes: await this.#metric("Nodes") };
  }
}

interface Contender {
  what: string;
  path: string;
  rate: number;
}
const CONTENDERS: readonly Contender[] = [
  { what: "Market", path: `/market?instrument=${INSTRUMENT}`, rate: UPDATES_A_SECOND },
  { what: "Overview", path: "/overview", rate: UPDATES_A_SECOND },
  { what: "Market without updates", path: `/market?instrument=${INSTRUMENT}`, rate: 0 },
  { what: "a bare page that counts them", path: "/bare", rate: UPDATES_A_SECOND },
];

async function signIn(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await page.locator('input[autocomplete="username"]').fill("admin");
  await page.locator('input[type="password"]').fill(PASSWORD);
  await page.locator('button[type="submit"]').click();
  await page.locator("main.page").waitFor();
}

async function turn(page: Page, relay: PageRelay, { path, rate }: Contender) {
  relay.rate = rate;
  await page.goto(new URL(path, relay.address).href);
  await Bun.sleep(SETTLE_MS);
  const watched = await Watched.on(page);
  const sent = relay.sent;
  const seen = await watched.during(TURN_MS);
  return { ...seen, perSecond: (relay.sent - sent) / (TURN_MS / 1_000) };
}

type Turn = Awaited<ReturnType<typeof turn>>;

function rowsOf({ what, rate }: Contender, turns: readonly Turn[]): Row[] {
  const frames = turns.flatMap((each) => each.frames);
  const late = turns.map((each) => (100 * each.frames.filter((ms) => ms > LATE_MS).length) / each.frames.length);
  const long = turns.map((each) => each.long.reduce((sum, ms) => sum + ms, 0) / (TURN_MS / 1_000));
  const delays = rate > 0 ? turns.flatMap((each) => each.delays) : [];
  return [
    summarise(`${what}: from frame to frame`, "ms", frames),
    summarise(`${what}: frames later than ${LATE_MS} ms`, "%", late),
    summarise(
      `${what}: main thread`,
      "% CPU",
      turns.map((each) => 100 * each.busy),
    ),
    summarise(`${what}: in tasks above 50 ms`, "ms/s", long),
    ...(delays.length > 0 ? [summarise(`${what}: sent → shown`, "ms", delays)] : []),
  ];
}

/** Memory of one page left open under updates. */
async function leftOpen(page: Page, relay: PageRelay): Promise<{ rows: Row[]; notes: string[] }> {
  const minutes = Number(process.env.CHIMERA_PAGE_MINUTES ?? MINUTES_DEFAULT);
  relay.rate = UPDATES_A_SECOND;
  await page.goto(new URL(CONTENDERS[0]?.path ?? "", relay.address).href);
  await Bun.sleep(SETTLE_MS);
  const watched = await Watched.on(page);
  const parts = [await watched.memory()];
  for (let part = 0; part < PARTS; part++) {
    await Bun.sleep((minutes * 60_000) / PARTS);
    await page.evaluate(() => Object.assign(window.seen, { frames: [], long: [], delays: [] }));
    parts.push(await watched.memory());
  }
  const later = parts.slice(PARTS / 2);
  const grown = (later.at(-1)?.mib ?? 0) - (later[0]?.mib ?? 0);
  return {
    rows: [
      summarise(
        "Market left open: live objects",
        "MiB",
        parts.map(({ mib }) => mib),
      ),
    ],
    notes: [
      `memory over ${minutes} minutes, MiB: ${parts.map(({ mib }) => mib.toFixed(1)).join(" ")}; nodes: ${parts.map(({ nodes }) => nodes).join(" ")}`,
      `over the later half it grew by ${grown.toFixed(2)} MiB, which is ${((grown / minutes) * 120).toFixed(1)} MiB an hour`,
    ],
  };
}

async function measure(running: Running, browser: Browser): Promise<Result> {
  const relay = new PageRelay(running.gateway, await samplesOf(running.gateway, running.token, INSTRUMENT));
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await signIn(page, relay.address);
    const turns = CONTENDERS.map((): Turn[] => []);
    for (let nth = 0; nth < TURNS; nth++) {
      for (const [i, contender] of CONTENDERS.entries()) turns[i]?.push(await turn(page, relay, contender));
    }
    const open = await leftOpen(page, relay);
    const rows = CONTENDERS.flatMap((contender, i) => rowsOf(contender, turns[i] ?? []));
    const busy = (i: number) =>
      summarise(
        "",
        "",
        (turns[i] ?? []).map((each) => each.busy),
      ).median;
    return {
      rows: [...rows, ...open.rows],
      ratios: { "Market / bare page, main thread": busy(0) / busy(3), "Overview / bare page": busy(1) / busy(3) },
      notes: [
        `updates told, a second: ${turns[0]?.map((each) => Math.round(each.perSecond)).join(" ")} (trades 60 %, depth 20 %, best prices 20 %, and 10 decisions)`,
        ...open.notes,
      ],
    };
  } finally {
    await relay.stop();
  }
}

async function run(): Promise<Result> {
  if (!existsSync(CHROMIUM)) return skipped(`needs chromium at ${CHROMIUM}`);
  const data = mkdtempSync(join(tmpdir(), "chimera-page-bench-"));
  const running = await up(data, PORT_OFFSET, ["--seed", "page"]);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    return await measure(running, browser);
  } finally {
    await browser.close();
    await running.stop();
    rmSync(data, { recursive: true });
  }
}

export const benchmark: Benchmark = {
  what: "the web page under a thousand updates a second, beside the same page without and a bare one",
  run,
};
