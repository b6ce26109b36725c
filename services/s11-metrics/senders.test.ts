import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { wallClock } from "../../shared/adapters/clock.ts";
import { openOutside } from "../../shared/adapters/outside.ts";
import type { ChannelTarget } from "../../shared/domain/alerting.ts";
import {
  certificateFor,
  type HeardRequest,
  httpAnswer,
  httpServer,
  type RawServer,
  type TestCertificate,
} from "../../shared/testing/raw-server.ts";
import { type SmtpServer, smtpServer } from "../../shared/testing/smtp-server.ts";
import type { Message } from "./message.ts";
import { createSender, type Outcome, signatureOf } from "./senders.ts";

const NAME = "outside.test";
const SIGNING = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const message: Message = {
  subject: "[Chimera paper] FATAL FORCED_CLOSE: <b> & done",
  text: "What it means: much.\nWhat to do: this.",
  short: "[Chimera paper] FATAL FORCED_CLOSE",
  payload: { type: "alert.alert", timestamp: "2026-01-05T00:00:00.000Z", data: { severity: "FATAL" } },
};

let certificate: TestCertificate;
let server: RawServer;
let mail: SmtpServer;
let heard: HeardRequest[] = [];
let answer: (request: HeardRequest) => string;
beforeAll(async () => {
  certificate = await certificateFor(NAME);
  server = await httpServer((request) => {
    heard.push(request);
    return answer(request);
  }, certificate);
  mail = await smtpServer({ certificate, as: "bot:pass word" });
});
afterAll(() => {
  server.stop();
  mail.stop();
});

async function send(target: ChannelTarget, secret: string | undefined, reached?: string[]): Promise<Outcome> {
  const clock = wallClock();
  const outside = openOutside({ clock, resolve: async () => ["127.0.0.1"], ca: certificate.cert });
  const allowed = [`${NAME}:${server.port}`, `${NAME}:${mail.port}`];
  const sender = createSender({ outside, clock, allowed, timeoutMs: 5_000 });
  heard = [];
  const delivery = { delivery_id: "d1", ...(reached && { reached }) };
  return sender.send({ channel: { channel_id: "ops", target }, secret, delivery, message });
}
const at = (path: string): string => `https://${NAME}:${server.port}${path}`;
const only = (): HeardRequest => {
  expect(heard).toHaveLength(1);
  return heard[0] as HeardRequest;
};
const taking = (): void => {
  answer = () => httpAnswer(200, "ok");
};

test("the signature is that of the specification's own example", () => {
  const told = ["msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}'] as const;
  expect(signatureOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", ...told)).toBe(
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  );
});

describe("over real sockets", () => {
  test("a webhook is signed after Standard Webhooks", async () => {
    taking();
    expect(await send({ kind: "WEBHOOK", url: at("/in?x=1") }, SIGNING)).toEqual({ ok: true, detail: "HTTP 200" });
    const { line, headers, body } = only();
    expect(line).toBe("POST /in?x=1");
    expect(JSON.parse(body)).toEqual(message.payload);
    expect(headers["webhook-id"]).toBe("msg_d1");
    const stamp = Number(headers["webhook-timestamp"]);
    expect(Math.abs(stamp - Date.now() / 1_000)).toBeLessThan(120);
    const signed = `${headers["webhook-id"]}.${stamp}.${body}`;
    const signature = createHmac("sha256", Buffer.alloc(32, 9)).update(signed).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
  });

  test("Slack gets a text, with its own signs taken as text", async () => {
    taking();
    expect(await send({ kind: "SLACK" }, at("/services/T/B/secret"))).toMatchObject({ ok: true });
    expect(only().line).toBe("POST /services/T/B/secret");
    expect(JSON.parse(only().body).text).toStartWith("[Chimera paper] FATAL FORCED_CLOSE: &lt;b&gt; &amp; done\n\n");
  });

  test("Telegram gets a message to its chat", async () => {
    taking();
    const token = "123:abcdefghijklmnopqrstuvwxyz";
    expect(await send({ kind: "TELEGRAM", url: at(""), chat_id: "-100" }, token)).toMatchObject({ ok: true });
    expect(only().line).toBe(`POST /bot${token}/sendMessage`);
    expect(JSON.parse(only().body)).toMatchObject({ chat_id: "-100", text: expect.stringContaining("What to do") });
  });

  test("text messages go one by one, and who has it does not get it again", async () => {
    const target = { kind: "SMS", url: at("/Accounts/AC1"), user: "AC1", from: "+1", to: ["+2", "+3", "+4"] } as const;
    answer = ({ body }) =>
      new URLSearchParams(body).get("To") === "+3" ? httpAnswer(400, "no such number") : httpAnswer(201);
    const first = await send({ ...target, to: [...target.to] }, "token");
    expect(first).toEqual({ ok: false, detail: "HTTP 400: no such number", reached: ["+2", "+4"] });
    expect(heard[0]).toMatchObject({
      line: "POST /Accounts/AC1/Messages.json",
      headers: { authorization: `Basic ${Buffer.from("AC1:token").toString("base64")}` },
    });
    expect(Object.fromEntries(new URLSearchParams(heard[0]?.body))).toEqual({
      From: "+1",
      To: "+2",
      Body: message.short,
    });
    taking();
    const second = await send({ ...target, to: [...target.to] }, "token", first.reached);
    expect(second).toMatchObject({ ok: true, reached: ["+2", "+4", "+3"] });
    expect(heard.map(({ body }) => new URLSearchParams(body).get("To"))).toEqual(["+3"]);
  });

  test("mail goes over STARTTLS with a name of its own", async () => {
    const target = { kind: "EMAIL", host: NAME, port: mail.port, tls: false, user: "bot" } as const;
    const whole = { ...target, from: "bot@x.test", to: ["a@x.test", "b@x.test"] };
    expect(await send(whole, "pass word")).toMatchObject({ ok: true, detail: "250 kept" });
    const [letter] = mail.letters;
    expect(letter).toMatchObject({ as: "bot:pass word", to: ["a@x.test", "b@x.test"], isEncrypted: true });
    expect(letter?.data).toContain("Message-ID: <d1@x.test>");
    expect(letter?.data).toContain("What to do: this.");
    const refused = await send(whole, "wrong");
    expect(refused).toMatchObject({ ok: false, detail: expect.stringContaining("535") });
  });
});

describe("what was answered", () => {
  test("counts by its status alone", async () => {
    for (const [status, ok] of [
      [200, true],
      [204, true],
      [299, true],
      [302, false],
      [404, false],
      [500, false],
    ] as const) {
      answer = () => httpAnswer(status, "", { location: at("/elsewhere") });
      expect([status, (await send({ kind: "WEBHOOK", url: at("/") }, SIGNING)).ok]).toEqual([status, ok]);
      expect(heard).toHaveLength(1);
    }
  });
  test("is told without what is secret, on one short line", async () => {
    const slack = at("/services/T/B/secret");
    answer = ({ line, headers }) => httpAnswer(403, `${line}\n${headers.authorization} ${"x".repeat(9_000)}`);
    const targets: [ChannelTarget, string][] = [
      [{ kind: "SLACK" }, slack],
      [{ kind: "TELEGRAM", url: at(""), chat_id: "1" }, "123:abcdefghijklmnopqrstuvwxyz"],
      [{ kind: "SMS", url: at("/A"), user: "AC1", from: "+1", to: ["+2"] }, "authtoken"],
    ];
    for (const [target, secret] of targets) {
      const { ok, detail } = await send(target, secret);
      expect([ok, detail.length <= 200, detail.includes("\n")]).toEqual([false, true, false]);
      expect(detail).not.toContain("services/T/B");
      expect(detail).not.toContain("abcdefghijklm");
      expect(detail).not.toContain(Buffer.from("AC1:authtoken").toString("base64"));
    }
  });
});
