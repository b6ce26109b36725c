/**
 * Takes the pictures of the documentation: every page in both themes, some in Chinese and on a phone, of an
 * installation that trades on the paper venue with the same seed each time. `bun ops/pictures.ts [MINUTES] [DATA]
 * [NAMES]`, where DATA is a folder that has traded before, and NAMES, with commas, are the pictures that are wanted.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { PAGES } from "../services/s12-gateway/web/state/pages.ts";
import type { Locale, Prefs } from "../services/s12-gateway/web/state/prefs.ts";
import type { Bundle } from "../shared/domain/bundle.ts";
import { ROOT } from "./build.ts";
import { PASSWORD, type Running, until, up } from "./run/process.fixture.ts";
import { smallPng } from "./small-png.ts";

const FOLDER = join(ROOT, "docs/pictures");
const CHROMIUM = "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];
const PORT_OFFSET = 23_800;
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** How long it trades before, minutes: long enough for trades that are over, and for some that are not. */
const MINUTES_DEFAULT = 4;
/** Arms of a canary take turns often enough for both to have traded. */
const SHORTENED = { CHIMERA_S04_UNKNOWN_LAG_MS: "2000", CHIMERA_S10_ARM_SLOT_MS: "10000" };
const PAGE_MS_MAX = 120_000;
const WAIT_MS_MAX = 600_000;
const RESEARCH_MS_MAX = 1_800_000;
const COMPARED = 3;
const THEMES = ["dark", "light"] as const;
/** For prices to come and charts to be drawn. */
const SETTLE_MS = 800;

type Theme = Prefs["theme"];
interface Shot {
  name: string;
  path: string;
  /** A key that is pressed first, such as that of a dialogue. */
  key?: string;
  /** What somebody does there first. */
  act?(page: Page): Promise<void>;
}
interface Look {
  theme: Theme;
  locale?: Locale;
  isPhone?: boolean;
}

interface Items<T> {
  items: T[];
}
interface Decided {
  signal_id: string;
  instrument: string;
  decision: { action: string };
}

/** What people would have done by then, so that no page is empty. */
async function fill(running: Running): Promise<void> {
  for (const [username, role] of [
    ["rita", "risk"],
    ["theo", "trader"],
    ["vera", "viewer"],
  ]) {
    await running.post("/users", { username, role });
  }
  for (const [name, scopes, days] of [
    ["reporting", ["read"], 90],
    ["research notebook", ["read", "research"], 30],
  ] as const) {
    await running.post("/api-keys", { name, role: "viewer", scopes, expires_in_days: days });
  }
  await running.post("/reconcile", { mode: "ALL" });
  const move = { from: "SPOT", to: "FUT" };
  const first = { ...move, amount_usdt: "250", reason: "margin for the week" };
  const { body } = await running.post<{ transfer_id: string }>("/treasury/transfer", first);
  await running.post(`/approvals/${body.transfer_id}/approve`, {});
  await running.post("/treasury/transfer", { ...move, amount_usdt: "120", reason: "more margin for ETH" });
  const mail = { kind: "EMAIL", host: "mail.example.com", from: "chimera@example.com", to: ["night@example.com"] };
  await running.post("/channels", { channel_id: "ops-mail", title: "Whoever has the night", target: mail });
  await tryOnShare(running);
}

/** A little otherwise than what is in force: on a share of the triggers from the beginning, so that both have figures. */
async function tryOnShare(running: Running): Promise<void> {
  const { bundle } = await running.get<{ bundle: Bundle }>("/active");
  const { bundle_id, rev } = bundle;
  const surer = JSON.stringify(bundle.strategies).replaceAll('"v":0.2', '"v":0.35').replaceAll('"v":-0.2', '"v":-0.35');
  const strategies = JSON.parse(surer) as Bundle["strategies"];
  const risk = { ...bundle.flags.risk, budget_usdt: "40" };
  const note = "Follow the book only where takers agree more surely, and risk less in all.";
  await running.post("/bundles", { ...bundle, rev: rev + 1, note, strategies, flags: { ...bundle.flags, risk } });
  const to_rev = rev + 1;
  const share = { traffic_pct: 40, duration_h: 24, afterwards: "RAMP" };
  const asked = { bundle_id, to_rev, mode: "CANARY", ...share, note };
  const { body } = await running.post<{ approval_id?: string }>("/promote", asked);
  if (body.approval_id) await running.post(`/approvals/${body.approval_id}/approve`, {});
}

async function simulate(running: Running): Promise<void> {
  const asked = { bundle_id: "shipped", active_rev_ref: 1, sensitivity: {} };
  const { sim_id } = (await running.post<{ sim_id: string }>("/simulate", asked)).body;
  const isDone = async () => (await running.get<{ status: string }>(`/simulations/${sim_id}`)).status === "DONE";
  await until("the simulation is over", isDone, WAIT_MS_MAX);
}

const HOUR_MS = 3_600_000;
/** It decides on bars of a minute alone, which the paper venue has a past of. */
const DIPS = {
  format: 1,
  bundle_id: "dips",
  rev: 1,
  factors: ["rsi_14_1m", "atr_14_1m"],
  instruments: [{ instrument: "FUT:BTCUSDT" }, { instrument: "FUT:ETHUSDT" }],
  strategies: [
    {
      strategy_id: "rsi-dip",
      title: "Buy dips, sell peaks",
      instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT"],
      triggers: [{ kind: "bar", timeframe: "1m" }],
      long: { f: "rsi_14_1m", op: "<", v: 35 },
      short: { f: "rsi_14_1m", op: ">", v: 65 },
      position: { stagnate_ms: 1_800_000 },
    },
  ],
};
const HYPOTHESIS = "dips-revert-soon";

interface Experimented {
  exp_id: string;
  status: string;
  design: { method: string };
}
async function experimentsOf(running: Running, ...statuses: string[]): Promise<string[]> {
  const { items } = await running.get<Items<Experimented>>("/experiments");
  const wanted = items.filter(({ status }) => statuses.includes(status));
  // The one with the most to see comes first.
  const isWalk = ({ design }: Experimented) => Number(design.method === "WALK_FORWARD");
  return wanted.toSorted((a, b) => isWalk(b) - isWalk(a)).map(({ exp_id }) => exp_id);
}

/** Experiments over the hours before, one of them of a hypothesis; answers the ids of those that are done. */
async function research(running: Running): Promise<string[]> {
  const kept = await experimentsOf(running, "DONE");
  if (kept.length >= COMPARED) return kept;
  const [over] = (await running.get<Items<{ closed_at: number }>>("/trades?status=CLOSED&limit=1")).items;
  const to = Math.floor((over?.closed_at ?? 0) / HOUR_MS) * HOUR_MS;
  const data = { source: "exchange", form: "bars", timeframe: "1m" };
  const design = { bundle: DIPS, data, window: { from: to - 12 * HOUR_MS, to } };
  const low = { path: "strategies.rsi-dip.long.v", values: [25, 30, 35] };
  const stop = { path: "flags.sizing.stop_atrs.NORMAL", min: 1, max: 3, step: 1 };
  const search = { trials_max: 40, trades_min: 3 };
  const grid = { ...design, method: "GRID", params: [low, stop], search };
  await running.post("/hypotheses", {
    ...{ hypothesis_id: HYPOTHESIS, family: "dips", title: "Dips under an RSI of 35 revert within half an hour" },
    statement: "Buying there and selling peaks above 65 earns more than holding, fees included; a loss refutes it.",
    design: { ...design, benchmark: "hold" },
  });
  for (const asked of [
    { title: "The dips as they stand", design },
    { hypothesis_id: HYPOTHESIS },
    { title: "Where to buy and how far the stop", design: grid },
    { title: "The same, walked forward", design: { ...grid, method: "WALK_FORWARD", folds: { count: 3 } } },
  ]) {
    await running.post("/experiments/run", asked);
  }
  const areOver = async () => (await experimentsOf(running, "QUEUED", "RUNNING")).length === 0;
  await until("the experiments are over", areOver, RESEARCH_MS_MAX);
  return experimentsOf(running, "DONE");
}

/** The addresses of things that are only known once they are there: something open, something over. */
async function shotsOf(running: Running, experiments: readonly string[]): Promise<Shot[]> {
  const one = async <T>(path: string): Promise<T | undefined> => (await running.get<Items<T>>(path)).items[0];
  const order = await one<{ client_order_id: string }>("/orders?kind=ENTRY&status=FILLED&limit=1");
  const over = await one<{ trade_id: string; instrument: string }>("/trades?status=CLOSED&limit=1");
  const open = await one<{ trade_id: string; instrument: string }>("/trades?status=ACTIVE&limit=1");
  const { items: decided } = await running.get<Items<Decided>>("/decisions?limit=200");
  const opened = decided.find(({ decision }) => decision.action === "open");
  const promotion = await one<{ promotion_id: string }>("/promotions?limit=1");
  const simulation = await one<{ sim_id: string }>("/simulations?status=DONE&limit=1");
  const watched = open?.instrument ?? "FUT:BTCUSDT";
  const pathOf = (path: string) => (path === "/find" ? "/find?q=rita" : path);
  return [
    ...PAGES.map(({ id, path }) => ({
      name: id,
      path: `${pathOf(path)}${path === "/market" ? `?instrument=${watched}` : ""}`,
    })),
    { name: "order", path: `/orders?id=${order?.client_order_id}` },
    { name: "trade", path: `/trades?id=${over?.trade_id}` },
    { name: "decision", path: `/decisions?id=${opened?.signal_id}` },
    { name: "story", path: `/market?instrument=${opened?.instrument}&open=decision:${opened?.signal_id}` },
    { name: "users", path: "/settings?id=users" },
    { name: "keys", path: "/settings?id=keys" },
    { name: "experiment", path: `/research?id=${experiments[0]}` },
    { name: "experiment-new", path: `/research?id=new-experiment:${experiments[0]}` },
    { name: "compare", path: `/research?id=compare:${experiments.slice(0, COMPARED).join(",")}` },
    { name: "hypothesis", path: `/research?id=hypothesis:${HYPOTHESIS}` },
    { name: "alerts", path: "/status?id=alerts" },
    { name: "channel", path: "/status?id=channel:ops-mail" },
    { name: "actions", path: "/status?id=actions" },
    { name: "config-bundle", path: "/config?id=bundle:shipped@1" },
    { name: "config-editor", path: "/config?id=editor", act: mistype },
    { name: "config-diff", path: "/config?id=diff:active..shipped@2" },
    { name: "simulation", path: `/config?id=simulation:${simulation?.sim_id}` },
    { name: "promotion", path: `/config?id=promotion:${promotion?.promotion_id}` },
    { name: "kill", path: "/overview", key: "k" },
    { name: "palette", path: "/overview", key: "/" },
  ];
}

const PHONE_SHOTS = ["overview", "market", "positions", "experiment", "promotion", "kill"];
const CHINESE_SHOTS = ["overview", "market", "alerts", "order", "experiment", "simulation"];
/** Without these nothing is researched, which takes longest. */
const RESEARCHED = new Set(["research", "experiment", "experiment-new", "compare", "hypothesis"]);

/** What is found is shown at its line. */
async function mistype(page: Page): Promise<void> {
  const text = page.locator("textarea");
  await text.fill((await text.inputValue()).replace("cooldown_ms", "cooldown"));
  await page.locator('.findings [data-severity="error"]').first().waitFor();
  await page.keyboard.press("F8");
}

async function signedIn(browser: Browser, running: Running, look: Look): Promise<Page> {
  const { theme, locale = "en", isPhone } = look;
  const phone: BrowserContextOptions = { viewport: PHONE, hasTouch: true, isMobile: true };
  const context = await browser.newContext({
    ...(isPhone ? phone : { viewport: WIDE }),
    locale,
    timezoneId: "Asia/Taipei",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_MS_MAX);
  await page.addInitScript((prefs) => localStorage.setItem("chimera.prefs", prefs), JSON.stringify({ theme, locale }));
  await page.goto(running.gateway);
  await page.locator('input[type="password"]').waitFor();
  if (locale === "en" && !isPhone) await keep(page, `sign-in-${theme}.png`);
  await page.locator('input[autocomplete="username"]').fill("admin");
  await page.locator('input[type="password"]').fill(PASSWORD);
  await page.locator('button[type="submit"]').click();
  await page.locator("header.glance").waitFor();
  return page;
}

async function keep(page: Page, file: string): Promise<void> {
  await Bun.write(join(FOLDER, file), smallPng(await page.screenshot({ animations: "disabled" })));
}

async function take(page: Page, running: Running, { shot, file }: { shot: Shot; file: string }): Promise<void> {
  await page.goto(new URL(shot.path, running.gateway).href);
  await page.locator("main").waitFor();
  await Bun.sleep(SETTLE_MS);
  await page.locator("main .skeleton").first().waitFor({ state: "detached" });
  if (shot.key) await page.keyboard.press(shot.key);
  await shot.act?.(page);
  await Bun.sleep(SETTLE_MS);
  await keep(page, file);
}

async function takeAll(running: Running, experiments: readonly string[], wanted?: Set<string>): Promise<number> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const shots = (await shotsOf(running, experiments)).filter(({ name }) => wanted === undefined || wanted.has(name));
  const these = (names: readonly string[]) => shots.filter(({ name }) => names.includes(name));
  let taken = 0;
  const series = async (look: Look, taking: readonly Shot[], nameOf: (shot: Shot) => string) => {
    const page = await signedIn(browser, running, look);
    for (const shot of taking) await take(page, running, { shot, file: `${nameOf(shot)}.png` });
    taken += taking.length;
    await page.context().close();
  };
  for (const theme of THEMES) {
    await series({ theme }, shots, ({ name }) => `${name}-${theme}`);
    await series({ theme, isPhone: true }, these(PHONE_SHOTS), ({ name }) => `phone-${name}-${theme}`);
  }
  await series({ theme: "dark", locale: "zh-TW" }, these(CHINESE_SHOTS), ({ name }) => `${name}-zh`);
  await browser.close();
  return taken;
}

async function main(minutes: number, kept: string | undefined, names: string | undefined): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const data = kept ?? mkdtempSync(join(tmpdir(), "chimera-pictures-"));
  const wanted = names === undefined ? undefined : new Set(names.split(","));
  const running = await up(data, PORT_OFFSET, ["--seed", "pictures"], SHORTENED);
  const some = async (path: string) => (await running.get<Items<unknown>>(path)).items.length > 0;
  try {
    await until("all services answer", () => some("/orders?limit=1").then(() => true));
    if (!(await some("/api-keys"))) await fill(running);
    await Bun.sleep(minutes * 60_000);
    await until("a trade is over", () => some("/trades?status=CLOSED&limit=1"), WAIT_MS_MAX);
    await simulate(running);
    const isResearched = wanted === undefined || [...wanted].some((name) => RESEARCHED.has(name));
    const experiments = isResearched ? await research(running) : [];
    await until("a trade is open", () => some("/trades?status=ACTIVE&limit=1"), WAIT_MS_MAX);
    process.stdout.write(`${await takeAll(running, experiments, wanted)} pictures in ${FOLDER}\n`);
  } finally {
    await running.stop();
    if (kept === undefined) rmSync(data, { recursive: true });
  }
}

await main(Number(process.argv[2] ?? MINUTES_DEFAULT), process.argv[3], process.argv[4]);
