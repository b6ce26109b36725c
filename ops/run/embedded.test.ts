import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { EmbeddedBus } from "../../shared/adapters/embedded-bus.ts";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { alertsKept } from "../../shared/collections/operations.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Consumer, Service } from "../../shared/kit/service.ts";
import { alerts, STREAMS } from "../../shared/streams.ts";
import { newFolder, removeFolder } from "../../shared/testing/folder.ts";
import { loadServices } from "../services.ts";
import { readAll } from "../sim/pages.ts";
import { whileRunning } from "../sim/requests.ts";
import { venueNet } from "../venue/memory-net.ts";
import { quietMarket } from "../venue/quiet.ts";
import { createVenue } from "../venue/venue.ts";
import { type EmbeddedWorld, embeddedWorld } from "./embedded.ts";
import { type DataFolder, openFolder } from "./folder.ts";

const START = Date.UTC(2026, 0, 1);
const KEY = "FUT:BTCUSDT";
/** A handler that fails is tried five times, with growing waits. */
const TRIES_MS = 20_000;
const POISON = "poison";
/** What lies in the log before anybody listens, as an older, newer or broken program may have left it. */
const GARBAGE: readonly { id: string; version: number; body: string; reason: RegExp }[] = [
  { id: "no-json", version: 1, body: '{"ts":', reason: /the body is no JSON/ },
  { id: "empty", version: 1, body: "", reason: /the body is no JSON/ },
  { id: "newer", version: 99, body: "{}", reason: /version 99 is unknown/ },
  { id: "no-event", version: 1, body: '{"__proto__":{"ts":1}}', reason: /the body is no event of this stream/ },
  { id: "a-list", version: 1, body: "[]", reason: /the body is no event of this stream/ },
];
const reliable = STREAMS.filter((stream) => stream.mode === "reliable");

let path: string;
let folder: DataFolder;
let clock: VirtualClock;
let world: EmbeddedWorld;
let all: Constellation;
/** Messages that a consumer of the service was given, by `group family`. */
const given = new Map<string, string[]>();

beforeAll(async () => {
  path = newFolder();
  folder = openFolder(path, { mode: "paper", venue: "paper-quiet", account: "main" });
  clock = new VirtualClock(START);
  await leaveGarbage();
  const market = quietMarket(defaultListings(), clock);
  const venue = createVenue({ clock, random: seededRandom(1), market, latency: ASSUMED_LATENCY });
  await venue.start();
  const env = { CHIMERA_ADMIN_PASSWORD: "correct-horse-1", CHIMERA_RECORD_FRAMES: "false" };
  world = { ...embeddedWorld({ clock, folder, env, logLevel: "error" }), net: venueNet(venue, clock) };
  const services = (await loadServices()).map(watched);
  const ids = services.map((service) => service.id);
  all = await constellation(services, ids, world);
  await whileRunning(clock, all.start());
  await clock.run(clock.now() + 5_000);
});
afterAll(async () => {
  await whileRunning(clock, all.stop());
  await world.close();
  removeFolder(path);
});

async function leaveGarbage(): Promise<void> {
  const bus = new EmbeddedBus({ path: folder.busFile, clock });
  for (const stream of reliable) {
    for (const { id } of GARBAGE) await bus.publish(stream, {}, { id, ...(stream.keyed && { key: KEY }) });
  }
  await bus.close();
  const log = new Database(folder.busFile);
  for (const { id, version, body } of GARBAGE) {
    log.run("UPDATE log SET version = ?, event = ? WHERE id = ?", [version, body, id]);
  }
  log.close();
}

/** The service, whose consumers note what they are given and choke on poison. */
const watched = (service: Service): Service => ({
  ...service,
  async setup(context) {
    const faces = await service.setup(context);
    return { ...faces, consumes: (faces.consumes ?? []).map((consumer) => watch(service, consumer)) };
  },
});
const watch = (service: Service, consumer: Consumer): Consumer => ({
  ...consumer,
  handle(message) {
    const { id } = message as { id: string };
    const slot = `${service.id} ${consumer.stream.family}`;
    given.set(slot, [...(given.get(slot) ?? []), id]);
    if (id === POISON) throw new Error("cannot swallow this");
    // What comes after poison is not for the service either: the stream is what is tried here.
    return id.startsWith("after") ? undefined : consumer.handle(message);
  },
});

interface Place {
  group: string;
  stream: (typeof reliable)[number];
}
/** Every reliable stream with every service that hears it. */
const places = (): Place[] =>
  [...given.keys()].flatMap((slot) => {
    const [group, family] = slot.split(" ") as [string, string];
    const stream = reliable.find((one) => one.family === family);
    return stream ? [{ group, stream }] : [];
  });
const nameOf = ({ stream }: Place): string => (stream.keyed ? `${stream.family}:{${KEY}}` : stream.family);

async function publish(id: string): Promise<void> {
  for (const stream of reliable) await world.bus.publish(stream, {}, { id, ...(stream.keyed && { key: KEY }) });
  await clock.run(clock.now() + TRIES_MS);
}

describe("what lies broken in a stream", () => {
  test("is buried with its reason, for every group that hears it, and reaches no handler", async () => {
    await publish("after garbage");
    expect(places().length).toBeGreaterThan(10);
    for (const place of places()) {
      const dead = (await world.bus.dead(place.stream, 1_000)).filter(({ reason }) => reason.startsWith(place.group));
      for (const { id, body, reason } of GARBAGE) {
        const letter = dead.find((one) => one.id === id);
        expect(letter).toMatchObject({ stream: nameOf(place), body });
        expect(letter?.reason).toMatch(reason);
      }
      const heard = given.get(`${place.group} ${place.stream.family}`) ?? [];
      expect(heard.filter((id) => GARBAGE.some((one) => one.id === id))).toEqual([]);
      expect(heard).toContain("after garbage");
    }
  });

  test("is told of by an alert per stream and reason", async () => {
    const kept = (await readAll(world.store("s11"), alertsKept)).filter((alert) => alert.code === "DEAD_LETTER");
    for (const place of places()) {
      // Of the alerts' own stream only the log tells, or an alert about it would make the next.
      if (place.stream.family === alerts.family) continue;
      for (const { reason } of GARBAGE) {
        const told = kept.filter((alert) => alert.message.includes(nameOf(place)) && reason.test(alert.message));
        expect(told.map((alert) => alert.severity)).toEqual(told.map(() => "ERROR"));
        expect(told.length).toBeGreaterThan(0);
      }
    }
    const log = readFileSync(folder.log, "utf8");
    expect(log).toContain("a message went to the dead letters");
  });
});

describe("a message that a handler cannot take", () => {
  test("is tried five times, then buried; what comes after it is heard, in order", async () => {
    await publish(POISON);
    await publish("after poison");
    for (const place of places()) {
      const heard = given.get(`${place.group} ${place.stream.family}`) ?? [];
      expect(heard.filter((id) => id === POISON)).toHaveLength(5);
      // Services may have said more on it meanwhile.
      expect(heard.indexOf("after poison")).toBeGreaterThan(heard.lastIndexOf(POISON));
      const dead = await world.bus.dead(place.stream, 1_000);
      const letter = dead.find((one) => one.id === POISON && one.reason.startsWith(place.group));
      expect(letter?.reason).toContain("cannot swallow this (5 tries)");
    }
    const states = (await world.bus.state()).filter(({ group }) => /^s\d\d$/.test(group));
    expect(states.filter(({ lag, pending }) => lag > 0 || pending > 0)).toEqual([]);
  });

  test("is told of by an alert, and every service is still ready", async () => {
    const kept = await readAll(world.store("s11"), alertsKept);
    const told = kept.filter((alert) => alert.code === "DEAD_LETTER" && alert.message.includes("cannot swallow this"));
    expect(told.length).toBeGreaterThan(5);
    for (const hosted of all.hosted.values()) {
      const { checks } = await whileRunning(clock, hosted.health());
      expect(checks.filter(({ name, status }) => name === "store" && status !== "OK")).toEqual([]);
    }
  });
});
