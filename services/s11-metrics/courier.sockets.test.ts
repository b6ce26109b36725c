import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { wallClock } from "../../shared/adapters/clock.ts";
import { openOutside } from "../../shared/adapters/outside.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { deliveries } from "../../shared/collections/operations.ts";
import type { ChannelTarget } from "../../shared/domain/alerting.ts";
import { digest } from "../../shared/keys.ts";
import type { Clock, Net } from "../../shared/kit/ports.ts";
import { createSealer } from "../../shared/sealing.ts";
import { type Alert, opsEvents } from "../../shared/streams.ts";
import { certificateFor, httpAnswer, httpServer, type RawServer, rawServer } from "../../shared/testing/raw-server.ts";
import { type SmtpServer, smtpServer } from "../../shared/testing/smtp-server.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { createInbox } from "./alerts.ts";
import { createChannels } from "./channels.ts";
import { Courier } from "./courier.ts";
import { SIGNING } from "./inbox.fixture.ts";
import { createSender } from "./senders.ts";
import { createTeller } from "./telling.ts";

/** The machine may have much else to do. */
setDefaultTimeout(600_000);

/** Waits are shorter here by so much: ten seconds are half of one; a minute, that an answer may take, is three seconds. */
const SPEED = 20;
const NAME = "outside.test";
const ALERTS = 25;

const servers: RawServer[] = [];
const opened = async <S extends RawServer>(server: Promise<S>): Promise<S> => {
  const made = await server;
  servers.push(made);
  return made;
};
let mail: SmtpServer;
/** While it is ill each server does its own harm; afterwards it takes everything. */
let isIll = true;
/** By channel: the alerts' codes that it was told of. */
const told = new Map<string, Set<string>>();

const ILLNESSES: Readonly<Record<string, (answer: { cut(): void; flood(): void }) => string | undefined>> = {
  silent: () => undefined,
  cutting: ({ cut }) => {
    cut();
    return undefined;
  },
  flooding: ({ flood }) => {
    flood();
    return undefined;
  },
  redirecting: () => httpAnswer(307, "", { location: "http://127.0.0.1:1/" }),
  broken: () => httpAnswer(500, "x".repeat(100_000)),
  nonsense: () => "\u0000\u0001 200 OK\r\n\r\n",
};

/** One that is ill in its way, and notes what it was told once it is well. */
const patient = (id: string): Promise<RawServer> =>
  opened(
    httpServer((request, socket) => {
      const illness = ILLNESSES[id];
      if (isIll && illness) {
        const flood = () => {
          socket.write("HTTP/1.1 503 Told\r\nContent-Length: 10485760\r\n\r\n");
          socket.end("y".repeat(10_485_760));
        };
        return illness({ cut: () => socket.destroy(), flood });
      }
      note(id, request.body);
      return httpAnswer(200);
    }),
  );
function note(id: string, text: string): void {
  const codes = told.get(id) ?? new Set();
  for (const [code] of text.matchAll(/CODE_\d+/g)) codes.add(code);
  told.set(id, codes);
}

async function assembled(clock: Clock, allowed: readonly string[]) {
  const world = simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: "sockets" });
  const store = world.store("s11");
  const random = seededRandom("sockets");
  const audit = (entry: object) =>
    emit(opsEvents, { ...(entry as Parameters<typeof emit<never>>[1] as object), source: "s11", ts: 1 } as never);
  const sealer = createSealer("a key of these tests", "channel secrets", (count) => random.bytes(count));
  const channels = createChannels({ store, clock, sealer, allowed, audit });
  const outside = openOutside({ clock, resolve: async () => ["127.0.0.1"] });
  const alerts: string[] = [];
  const courier = new Courier({
    ...{ store, clock, random, channels, publicUrl: undefined, where: "Chimera test" },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    sender: createSender({ outside, clock, allowed, timeoutMs: 60_000 }),
    sent: { inc() {} },
    alert: (_severity, code, message) => void alerts.push(`${code} ${message}`),
  });
  const teller = createTeller({ store, clock, isBusy: (id) => courier.isBusy(id) });
  const inbox = createInbox({
    ...{ store, clock, teller, audit, silences: { look: async () => () => undefined } },
    pace: { alertAgainMs: 3_600_000, fatalAgainMs: 180_000 },
    wake: () => void courier.look(),
  });
  return { store, channels, courier, inbox, alerts };
}

const secretOf = (kind: ChannelTarget["kind"], port: number): string => {
  if (kind === "SLACK") return `http://${NAME}:${port}/services/x`;
  return kind === "TELEGRAM" ? "123456:abcdefghijklmnopqrstuvwxyz" : kind === "WEBHOOK" ? SIGNING : "secretsecret";
};
const targetOf = (kind: ChannelTarget["kind"], port: number): ChannelTarget => {
  const url = `http://${NAME}:${port}/in`;
  if (kind === "EMAIL") return { kind, host: NAME, port, tls: false, from: "bot@x.test", to: ["ops@x.test"] };
  if (kind === "SMS") return { kind, url, user: "AC1", from: "+1", to: ["+2"] };
  if (kind === "TELEGRAM") return { kind, url, chat_id: "1" };
  return kind === "SLACK" ? { kind } : { kind, url };
};

beforeAll(async () => {
  mail = await opened(smtpServer());
});
afterAll(() => {
  for (const server of servers) server.stop();
});

/** In real time, which is waited for as long as the machine needs. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()) && waited < 120_000; waited += 20) await Bun.sleep(20);
}

test("servers that are silent, cut off, flood, redirect, break or speak nonsense delay nobody and lose no alert", async () => {
  const clock = wallClock(SPEED);
  const kinds: Record<string, ChannelTarget["kind"]> = {
    ...{ hook: "WEBHOOK", slack: "SLACK", chat: "TELEGRAM", phone: "SMS" },
    ...{
      silent: "WEBHOOK",
      cutting: "SLACK",
      flooding: "TELEGRAM",
      redirecting: "SMS",
      broken: "WEBHOOK",
      nonsense: "SLACK",
    },
  };
  const ports = new Map<string, number>([["mail", mail.port]]);
  for (const id of Object.keys(kinds)) ports.set(id, (await patient(id)).port);
  // Nobody is there at all: a port that was ours and is closed.
  const gone = await rawServer(() => {});
  gone.stop();
  ports.set("away", gone.port);
  const { channels, courier, inbox, store, alerts } = await assembled(
    clock,
    [...ports.values()].map((port) => `${NAME}:${port}`),
  );
  for (const [channel_id, port] of ports) {
    const kind = channel_id === "mail" ? "EMAIL" : (kinds[channel_id] ?? "WEBHOOK");
    const secret = kind === "EMAIL" ? {} : { sealed_secret: channels.seal(channel_id, secretOf(kind, port)) };
    const target = targetOf(kind, port);
    const wanted = {
      channel_id,
      title: channel_id,
      enabled: true,
      target,
      severity_min: "WARN",
      per_hour_max: 1_000,
    } as const;
    await channels.create({ ...wanted, ...secret }, "ada");
  }
  const stop = clock.every(1_000, () => courier.look());

  for (let n = 0; n < ALERTS; n++) {
    const code = `CODE_${n}`;
    const alert: Alert = {
      alert_id: digest(code),
      severity: "ERROR",
      source: "s04",
      code,
      message: "m",
      ts: clock.now(),
    };
    await inbox.take(alert, { stream: "alerts", id: String(n) });
  }
  const letters = () => {
    for (const letter of mail.letters) note("mail", letter.data);
    return told.get("mail")?.size ?? 0;
  };
  const isWell = (id: string) => (id === "mail" ? letters() : (told.get(id)?.size ?? 0)) === ALERTS;
  const well = ["hook", "slack", "chat", "phone", "mail"];
  await until(() => well.every(isWell));
  // While all the others are as ill as ever.
  expect(well.filter((id) => !isWell(id))).toEqual([]);
  const ill = Object.keys(ILLNESSES);
  expect(ill.map((id) => told.get(id)?.size ?? 0)).toEqual(ill.map(() => 0));
  const isTold = (id: string) => alerts.some((said) => said.startsWith("CHANNEL_FAILING") && said.includes(` ${id} `));
  const failing = [...ill, "away"];
  await until(() => failing.every(isTold));
  expect(failing.filter((id) => !isTold(id))).toEqual([]);

  isIll = false;
  await until(() => ill.every(isWell));
  expect(ill.filter((id) => !isWell(id))).toEqual([]);
  // Who is not there at all still has everything waiting.
  const waiting = await store.query(deliveries, { where: { state: "WAITING", channel_id: "away" }, limit: 1_000 });
  expect(new Set(waiting.items.flatMap(({ value }) => value.alert_ids)).size).toBe(ALERTS);
  stop();
  await courier.stop();
});

test("of the inside of our own network a channel reaches nothing, whatever its name leads to", async () => {
  const certificate = await certificateFor(NAME);
  const inside = await opened(httpServer(() => httpAnswer(200), certificate));
  const clock = wallClock(SPEED);
  const { channels, courier } = await assembled(clock, []);
  const target = { kind: "WEBHOOK", url: `https://${NAME}:${inside.port}/` } as const;
  const sealed_secret = channels.seal("ops", SIGNING);
  const rest = { title: "ops", enabled: true, per_hour_max: 60 };
  await channels.create({ channel_id: "ops", target, sealed_secret, ...rest }, "ada");
  expect(await courier.test("ops")).toMatchObject({ ok: false, detail: expect.stringContaining("public internet") });
  expect(inside.connections()).toBe(0);
});
