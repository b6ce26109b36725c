import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { channels as records } from "../../shared/collections/operations.ts";
import { opsEvents } from "../../shared/streams.ts";
import { openS11, type S11, SECOND, SIGNING } from "./inbox.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

let s11: S11;
beforeEach(async () => {
  s11 = await openS11({ env: { CHIMERA_S11_ALLOW_HOSTS: "mail.lan:25, 127.0.0.1:9000" } });
});
afterEach(() => s11.stop());

const sealed = async (channel_id: string, secret: string): Promise<string> =>
  String((await s11.ask(`POST /channels/${channel_id}/secret`, { secret })).body.sealed_secret);
const TARGETS = {
  WEBHOOK: { kind: "WEBHOOK", url: "https://hooks.test/in" },
  SLACK: { kind: "SLACK" },
  TELEGRAM: { kind: "TELEGRAM", chat_id: "-100123" },
  EMAIL: { kind: "EMAIL", host: "mail.test", user: "bot", from: "bot@x.test", to: ["ops@x.test"] },
  SMS: { kind: "SMS", url: "https://sms.test/2010-04-01/Accounts/AC1", user: "AC1", from: "+100", to: ["+200"] },
} as const;
const SECRETS = {
  WEBHOOK: SIGNING,
  SLACK: "https://hooks.slack.test/services/T1/B2/abcdefghijkl",
  TELEGRAM: "123456:abcdefghijklmnopqrstuvwxyz",
  EMAIL: "pass word",
  SMS: "authtokenauthtoken",
} as const;
type Kind = keyof typeof TARGETS;
const KINDS = Object.keys(TARGETS) as Kind[];
const make = async (channel_id: string, kind: Kind, over: object = {}) => {
  const sealed_secret = await sealed(channel_id, SECRETS[kind]);
  return s11.ask("POST /channels", { channel_id, title: kind, target: TARGETS[kind], sealed_secret, ...over });
};

describe("a channel", () => {
  test.each(KINDS)(
    "of the kind %s is made with defaults of its kind, and its secret is never told again",
    async (kind) => {
      const { status, body } = await make("ops", kind);
      expect(status).toBe(200);
      const severity_min = kind === "EMAIL" ? "ERROR" : kind === "SMS" ? "FATAL" : "WARN";
      expect(body).toMatchObject({ has_secret: true, severity_min, per_hour_max: 60, enabled: true, author: "ada" });
      await s11.ask("POST /channels/ops/test");
      await s11.ask("PUT /channels/ops", { channel_id: "ops", title: "renamed", target: TARGETS[kind] });
      const told = [
        await s11.ask("GET /channels"),
        await s11.ask("GET /deliveries"),
        await s11.world.bus.read(opsEvents, { limit: 100 }),
        await s11.store.get(records, "ops"),
      ];
      const text = JSON.stringify(told);
      expect(text).toContain("renamed");
      expect(text).not.toContain(SECRETS[kind].slice(0, 12));
      expect(text).not.toContain(Buffer.from(SECRETS[kind]).toString("base64").slice(0, 12));
    },
  );

  test("is asked for by admins with a second person's word; others see it, or not even that", async () => {
    const body = { channel_id: "ops", title: "x", target: TARGETS.EMAIL, sealed_secret: "x" };
    for (const role of ["viewer", "researcher", "trader", "risk"] as const) {
      expect((await s11.ask("POST /channels", body, role)).status).toBe(403);
      expect((await s11.ask("POST /channels/ops/test", {}, role)).status).toBe(403);
      expect((await s11.ask("GET /channels", {}, role)).status).toBe(["trader", "risk"].includes(role) ? 200 : 403);
    }
  });

  test("is not there twice; is changed and removed where it is there", async () => {
    await make("ops", "WEBHOOK");
    expect((await make("ops", "WEBHOOK")).status).toBe(409);
    const other = { channel_id: "none", title: "x", target: TARGETS.WEBHOOK };
    expect((await s11.ask("PUT /channels/none", other)).status).toBe(404);
    expect((await s11.ask("POST /channels/none/test")).status).toBe(404);
    expect((await s11.ask("DELETE /channels/ops")).body).toEqual({ removed: true });
    expect((await s11.ask("DELETE /channels/ops")).status).toBe(404);
    expect((await s11.ask("GET /channels")).body.items).toEqual([]);
  });
});

describe("a secret", () => {
  test("is good for the channel that it was sealed for alone", async () => {
    const mine = await sealed("ops", SIGNING);
    const body = { title: "x", target: TARGETS.WEBHOOK, sealed_secret: mine };
    expect((await s11.ask("POST /channels", { channel_id: "other", ...body })).status).toBe(400);
    const changed = `${mine.slice(0, -8)}AAAAAAA=`;
    expect((await s11.ask("POST /channels", { channel_id: "ops", ...body, sealed_secret: changed })).status).toBe(400);
    expect((await s11.ask("POST /channels", { channel_id: "ops", ...body })).status).toBe(200);
  });

  test("stays while the channel leads to the same place, and is given again for another one", async () => {
    await make("ops", "WEBHOOK");
    const to = (url: string, over = {}) =>
      s11.ask("PUT /channels/ops", { channel_id: "ops", title: "x", target: { kind: "WEBHOOK", url }, ...over });
    expect((await to("https://hooks.test/in")).body).toMatchObject({ has_secret: true });
    expect((await to("https://thief.test/in")).status).toBe(400);
    const anew = { sealed_secret: await sealed("ops", SIGNING) };
    expect((await to("https://moved.test/in", anew)).status).toBe(200);
    await make("mail", "EMAIL");
    const target = { ...TARGETS.EMAIL, host: "thief.test" };
    expect((await s11.ask("PUT /channels/mail", { channel_id: "mail", title: "x", target })).status).toBe(400);
    const more = { ...TARGETS.EMAIL, to: ["a@x.test", "b@x.test"] };
    expect((await s11.ask("PUT /channels/mail", { channel_id: "mail", title: "x", target: more })).status).toBe(200);
  });

  test("is of the channel's kind, and what is wrong with it does not say it", async () => {
    const wrong: [Kind, string][] = [
      ...["whsec_short", "nowhsec", `whsec_${"A".repeat(200)}`].map((each): [Kind, string] => ["WEBHOOK", each]),
      ...["http://hooks.slack.test/x", "token", "https://a:b@c.test/"].map((each): [Kind, string] => ["SLACK", each]),
      ["TELEGRAM", "not a token"],
      ["TELEGRAM", "123:short"],
      ["SMS", "two\r\nlines"],
    ];
    for (const [kind, secret] of wrong) {
      const sealed_secret = await sealed("ops", secret);
      const said = await s11.ask("POST /channels", {
        channel_id: "ops",
        title: "x",
        target: TARGETS[kind],
        sealed_secret,
      });
      expect([kind, secret, said.status]).toEqual([kind, secret, 400]);
      expect(JSON.stringify(said.body)).not.toContain(secret);
    }
    const bare = await s11.ask("POST /channels", { channel_id: "ops", title: "x", target: TARGETS.SMS });
    expect(bare.body).toMatchObject({ status: 400, detail: expect.stringContaining("needs its secret") });
  });

  test("cannot be sealed without a key", async () => {
    await s11.stop();
    s11 = await openS11({ env: { CHIMERA_S11_CHANNEL_KEY: undefined as unknown as string } });
    expect((await s11.ask("POST /channels/ops/secret", { secret: "x" })).status).toBe(503);
  });

  test("that does not open under this key is said of the delivery", async () => {
    await make("ops", "WEBHOOK");
    const row = (await s11.store.get(records, "ops"))!;
    const foreign = Buffer.alloc(80).toString("base64");
    await s11.store.commit([
      { op: "put", collection: records as never, value: { ...row.value, sealed: foreign }, expectRev: row.rev },
    ]);
    const { body } = await s11.ask("POST /channels/ops/test");
    expect(body).toMatchObject({ ok: false, detail: expect.stringContaining("give it again") });
  });
});

test("addresses begin with https and hold no password, but for what is allowed", async () => {
  const made = async (url: string) => {
    const target = { kind: "WEBHOOK", url };
    const sealed_secret = await sealed("ops", SIGNING);
    return (await s11.ask("POST /channels", { channel_id: "ops", title: "x", target, sealed_secret })).status;
  };
  const no = ["http://hooks.test/", "ftp://hooks.test/", "https://a:b@hooks.test/", "hooks.test", "https://x.test/#a"];
  for (const url of no) expect([url, await made(url)]).toEqual([url, 400]);
  expect(await made("http://127.0.0.1:9000/in")).toBe(200);
});

test("the test button answers how it went, at once, and what was sent is listed", async () => {
  await s11.webhook("ops");
  expect((await s11.ask("POST /channels/ops/test")).body).toMatchObject({ ok: true, detail: "HTTP 200" });
  s11.outside.set("ops.test", 404);
  expect((await s11.ask("POST /channels/ops/test")).body).toMatchObject({ ok: false, detail: "HTTP 404" });
  s11.outside.set("ops.test", "never");
  const began = s11.clock.now();
  const late = await s11.ask("POST /channels/ops/test");
  expect(late.body).toMatchObject({ ok: false, detail: "no answer in 10000 ms" });
  expect(s11.clock.now() - began).toBeLessThan(15 * SECOND);
  const { items } = (await s11.ask("GET /deliveries?channel_id=ops", {}, "trader")).body;
  expect(items?.map(({ cause, state }) => `${cause} ${state}`)).toEqual([
    "TEST GIVEN_UP",
    "TEST GIVEN_UP",
    "TEST SENT",
  ]);
  expect((await s11.ask("GET /channels")).body.items?.[0]).toMatchObject({ last: { ok: false } });
});
