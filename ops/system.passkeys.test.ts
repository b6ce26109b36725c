import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { ROOT } from "./build.ts";
import { NEVER_MS, PASSWORD, type Running, up } from "./run/process.fixture.ts";

const CHROMIUM = "/usr/bin/chromium";
const here = existsSync(CHROMIUM);
if (!here) console.log(`skipped: needs chromium at ${CHROMIUM}`);

const PORT_OFFSET = 11_200 + (process.pid % 300) * 20;
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const HELPERS = join(ROOT, "services/s12-gateway/web/api/passkeys.ts");
/** An authenticator of this machine that is always touched, and knows whose finger it is. */
const AUTHENTICATOR = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

interface Said {
  status: number;
  body: Record<string, unknown>;
}
/** What the page's own helpers are, in the page. */
interface Helpers {
  createPasskey(options: object): Promise<object>;
  getPasskey(options: object): Promise<object>;
  isPasskeyThere(error: unknown): boolean;
}
declare const passkeys: Helpers;

let data = "";
let running: Running;
let browser: Browser;
let page: Page;
let cdp: CDPSession;
let authenticatorId = "";

/** The page's helpers as a script, since the page's policy lets no other module in. */
async function helperScript(): Promise<string> {
  const script = new Bun.Transpiler({ loader: "ts" }).transformSync(await Bun.file(HELPERS).text());
  const names = [...script.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm)].map((match) => match[1]);
  expect(names).toContain("createPasskey");
  return `window.passkeys = (() => { ${script.replaceAll(/^export /gm, "")}; return { ${names.join(", ")} }; })();`;
}

/** Asked by the page, as its own scripts would. */
const post = (path: string, body: object): Promise<Said> =>
  page.evaluate(
    async ([path, body]) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
    [path, body] as const,
  );
const login = (more: object = {}) => post("/auth/login", { username: "admin", password: PASSWORD, ...more });
const sign = async (): Promise<object> => {
  const { body } = await post("/auth/passkey/challenge", {});
  return page.evaluate((options) => passkeys.getPasskey(options), body);
};
const held = async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials;

describe.skipIf(!here)("passkeys in a real browser", () => {
  beforeAll(async () => {
    data = mkdtempSync(join(tmpdir(), "chimera-passkeys-"));
    running = await up(data, PORT_OFFSET, ["--market", "quiet"]);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: NEVER_MS });
    page = await browser.newPage();
    page.setDefaultTimeout(NEVER_MS);
    await page.addInitScript(await helperScript());
    cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    ({ authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: AUTHENTICATOR }));
  }, 900_000);
  afterAll(async () => {
    await browser.close();
    await running.stop();
    rmSync(data, { recursive: true });
  }, 900_000);

  test("at an address there are none, and what to open instead is said", async () => {
    await page.goto(running.gateway);
    const { status, body } = await post("/auth/passkey/challenge", {});
    expect(status).toBe(422);
    const instead = /http:\/\/localhost:\d+/.exec(String(body.detail))?.[0] ?? "";
    await page.goto(instead);
    expect((await post("/auth/passkey/challenge", {})).status).toBe(200);
  }, 900_000);

  test("one is made at the page, kept by the authenticator, and not made twice there", async () => {
    expect((await login()).status).toBe(200);
    const offered = (await post("/api/v1/auth/passkeys/offer", {})).body;
    const credential = await page.evaluate((options) => passkeys.createPasskey(options), offered);
    const added = await post("/api/v1/auth/passkeys", { name: "this machine", credential });
    expect(added).toMatchObject({ status: 200, body: { name: "this machine", rp_id: "localhost" } });
    expect((added.body.recovery_codes as string[]).length).toBe(10);
    expect(await held()).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
    const again = (await post("/api/v1/auth/passkeys/offer", {})).body;
    const isThere = await page.evaluate(
      (options) => passkeys.createPasskey(options).then(() => false, passkeys.isPasskeyThere),
      again,
    );
    expect(isThere).toBe(true);
  }, 900_000);

  test("it opens the door beside the password, which alone does not any more", async () => {
    expect((await login()).body.code).toBe("BAD_CREDENTIALS");
    const passkey = await sign();
    expect((await login({ passkey })).status).toBe(200);
    expect((await login({ passkey })).body.code).toBe("BAD_CREDENTIALS");
    const proof = { password: PASSWORD, passkey: await sign() };
    expect((await post("/api/v1/auth/confirm", proof)).status).toBe(200);
  }, 900_000);

  test("the page's own form takes it", async () => {
    await page.context().clearCookies();
    await page.reload();
    await page.locator('input[type="password"]').fill(PASSWORD);
    await page.getByRole("button", { name: "Use a passkey with the password" }).click();
    await page.getByText("Paper venue").first().waitFor();
  }, 900_000);

  test("a copy that has signed less often is refused", async () => {
    const [credential] = await held();
    if (!credential) throw new Error("The authenticator holds no passkey.");
    await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credential, signCount: 0 } });
    expect((await login({ passkey: await sign() })).body.code).toBe("BAD_CREDENTIALS");
    await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
    await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: { ...credential, signCount: 100 } });
    expect((await login({ passkey: await sign() })).status).toBe(200);
  }, 900_000);

  test("it is asked for no more once it is removed", async () => {
    const { items } = await page.evaluate(async () => (await fetch("/api/v1/auth/passkeys")).json());
    const [passkey] = items as { passkey_id: string; last_used_at: number }[];
    expect(passkey?.last_used_at).toBeNumber();
    const gone = await post(`/api/v1/auth/passkeys/${passkey?.passkey_id}/remove`, {});
    expect(gone.body).toEqual({ second_factor: false });
    expect((await login()).status).toBe(200);
  }, 900_000);
});
