import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Order } from "../shared/domain/order.ts";
import { entry, servicesReady, sleepingBundle } from "./run/account.fixture.ts";
import { hasRedisServer } from "./run/own-redis.ts";
import { NEVER_MS, PASSWORD, type Running, SHORTENED, until, up } from "./run/process.fixture.ts";
import { killed, stopped } from "./run/troubles.fixture.ts";

const CHROMIUM = "/usr/bin/chromium";
const here = existsSync(CHROMIUM) && hasRedisServer();
if (!here) console.log(`skipped: needs redis-server and chromium at ${CHROMIUM}`);

const PORT_OFFSET = 17_400 + (process.pid % 300) * 20;
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const TWO = { CHIMERA_S12_APPROVALS: "two", ...SHORTENED };
const RUTH = { username: "ruth", password: "another-horse-2" };

let data = "";
let running: Running;
let browser: Browser;
let ada: Page;
const contexts: BrowserContext[] = [];

async function signedIn({ username, password }: typeof RUTH, locale = "en"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  await page.goto(running.gateway);
  await page.locator('input[autocomplete="username"]').fill(username);
  await page.locator('input[type="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await page.locator("main.page").waitFor();
  return page;
}

/** Makes a second person through the door, as an admin would: the one-time password first, then one of her own. */
async function makeRuth(): Promise<void> {
  const made = await running.post<{ one_time_password: string }>("/users", { username: RUTH.username, role: "risk" });
  const { one_time_password: password } = made.body;
  const headers = { "content-type": "application/json" };
  const ask = (path: string, body: object, more: object = {}) =>
    fetch(`${running.gateway}${path}`, {
      method: "POST",
      headers: { ...headers, ...more },
      body: JSON.stringify(body),
    });
  const { access_token } = (await (await ask("auth/login", { username: RUTH.username, password })).json()) as {
    access_token: string;
  };
  const chosen = { password, new_password: RUTH.password };
  const { status } = await ask("api/v1/auth/password", chosen, { authorization: `Bearer ${access_token}` });
  expect(status).toBe(200);
}

/** Presses the dialogue's dangerous button until it has acted. */
async function holdDown(page: Page): Promise<void> {
  const box = await page.getByRole("dialog").locator("button.danger").boundingBox();
  await page.mouse.move((box?.x ?? 0) + 20, (box?.y ?? 0) + 10);
  await page.mouse.down();
  await page.getByRole("dialog").locator(".outcome, .awaits").first().waitFor();
  await page.mouse.up();
}

describe.skipIf(!here)("people at the page, and trouble behind it", () => {
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), "chimera-people-"));
    const bundle = join(data, "sleeping.yaml");
    writeFileSync(bundle, sleepingBundle());
    running = await up(data, PORT_OFFSET, ["--processes", "--bundle", bundle, "--seed", "people"], TWO);
    await until("all ready", () => servicesReady(running));
    await makeRuth();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: NEVER_MS });
    ada = await signedIn({ username: "admin", password: PASSWORD });
  }, 900_000);
  afterAll(async () => {
    await browser.close();
    await running.stop();
    rmSync(data, { recursive: true });
  }, 900_000);

  twoPeople();
  theKeyboardAlone();
  troubleBehindThePage();
});

function twoPeople(): void {
  test("funds move when a second person has allowed it: one asks, the other approves, both see it", async () => {
    await ada.goto(`${running.gateway}treasury`);
    await ada.getByLabel("Amount (USDT)").fill("25");
    await ada.getByLabel("Reason, for the audit log").fill("margin for tomorrow");
    await ada.getByRole("button", { name: "Move funds…" }).click();
    await holdDown(ada);
    await ada.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).click();
    const own = ada.locator(".approval", { hasText: "margin for tomorrow" });
    await own.getByText("Waits").waitFor();
    expect(await own.getByRole("button", { name: "Approve…" }).isDisabled()).toBe(true);

    const ruth = await signedIn(RUTH);
    await ruth.locator('nav a[href^="/inbox"] .count', { hasText: "1" }).waitFor();
    await ruth.keyboard.press("a");
    await ruth
      .locator(".approval", { hasText: "margin for tomorrow" })
      .getByRole("button", { name: "Approve…" })
      .click();
    await holdDown(ruth);
    await own.getByText("Done").waitFor();
    await ruth.context().close();
  }, 900_000);

  test("the page speaks Traditional Chinese to a browser that does, and English when asked to", async () => {
    const page = await signedIn({ username: "admin", password: PASSWORD }, "zh-TW");
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-TW");
    await page
      .getByText("剛剛發生")
      .or(page.getByRole("link", { name: "總覽" }))
      .first()
      .waitFor();
    await page.keyboard.press(",");
    await page.goto(`${running.gateway}settings?id=appearance`);
    await page.getByText("English", { exact: true }).click();
    await page.getByRole("link", { name: "Overview", exact: true }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    await page.reload();
    await page.getByRole("link", { name: "Overview", exact: true }).waitFor();
    await page.context().close();
  }, 900_000);
}

function theKeyboardAlone(): void {
  test("by keys alone: through the door, to an order's story, to the kill switch", async () => {
    const intent = await entry(running, "by-keys", "FUT:BTCUSDT");
    await until("entered", async () => (await running.post("/orders", { intent })).status < 300);
    let order: Order | undefined;
    await until("the order is there", async () => {
      [order] = (await running.get<{ items: Order[] }>("/orders?kind=ENTRY&status=FILLED&limit=1")).items;
      return order !== undefined;
    });
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en" });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(NEVER_MS);
    const { keyboard } = page;
    await page.goto(running.gateway);
    // The password's field has the focus; the name before it is the admin's.
    await page.locator('input[type="password"]:focus').waitFor();
    await keyboard.type(PASSWORD);
    await keyboard.press("Enter");
    await page.locator("main.page").waitFor();
    await keyboard.press("Control+k");
    await keyboard.type("orders");
    await keyboard.press("Enter");
    await page.locator("main.page tbody tr").first().waitFor();
    await tabTo(page, `a[href*="${order?.client_order_id}"]`);
    await keyboard.press("Enter");
    await page.locator("ol.life").waitFor();
    await keyboard.press("k");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, ".kill-dialog button.danger");
    await keyboard.down("Enter");
    await until("it is on", async () => (await running.get<{ enabled: boolean }>("/kill-switch")).enabled);
    await keyboard.up("Enter");
    await page.getByText("KILL ON").waitFor();
    await context.close();
  }, 900_000);

  const TABS_MAX = 200;
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let tabs = 0; tabs < TABS_MAX; tabs++) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
    }
    throw new Error(`${TABS_MAX} tabs do not reach ${selector}`);
  }
}

function troubleBehindThePage(): void {
  test("the gateway killed: the page says so, stays signed in and goes on", async () => {
    await ada.goto(`${running.gateway}market`);
    await ada.locator(".book-row").first().waitFor();
    await ada.evaluate(() => Object.assign(window, { isThisPage: true }));
    await killed(running, "s12-gateway");
    const row = ada.locator(".tape-row time").first();
    const before = await row.getAttribute("datetime");
    await until("trades are told again", async () => (await row.getAttribute("datetime")) !== before);
    await until("the banner has gone", async () => (await ada.locator(".banner:not(.trouble)").count()) === 0);
    expect(await ada.evaluate(() => "isThisPage" in window)).toBe(true);
    expect(await ada.locator('input[type="password"]').count()).toBe(0);
  }, 900_000);

  test("a service that does not answer: its panels say so, the rest works", async () => {
    await stopped(running, "s05-reconciler", async () => {
      await ada.goto(`${running.gateway}reconciliation`);
      const banner = ada.locator(".banner.trouble", { hasText: "S05" });
      await banner.getByText("does not answer").waitFor();
      await ada.locator("main.page").locator(".failed, .empty, .stale-note").first().waitFor();
      await ada.keyboard.press("3");
      await ada.locator("main.page tbody tr").first().waitFor();
      expect(await ada.locator("main.page .failed").count()).toBe(0);
    });
  }, 900_000);
}
