import { expect, test } from "bun:test";
import type { SocketEvents } from "../../../shared/kit/ports.ts";
import { testSurroundings } from "../surroundings.fixture.ts";
import { LiveSocket } from "./live-socket.ts";

/** A socket to an exchange that the test plays. */
function open(url: () => string = () => "ws://exchange") {
  const dials: { at: number; events: SocketEvents; sent: string[]; closed: boolean }[] = [];
  const said: string[] = [];
  const net = {
    fetch: () => Promise.reject(new Error("none")),
    connect(_url: string, events: SocketEvents) {
      const dial = { at: around.clock.mono(), events, sent: [] as string[], closed: false };
      dials.push(dial);
      return {
        send: (text: string) => void dial.sent.push(text),
        close: () => {
          dial.closed = true;
        },
      };
    },
  };
  const around = testSurroundings({ net, settings: { silenceMs: 10_000, socketLifeMs: 60_000 } });
  const socket = new LiveSocket(around, {
    name: "test",
    url,
    opened: (_send, replaces) => said.push(replaces ? "replaced" : "opened"),
    message: (text) => said.push(text),
    down: () => said.push("down"),
    probe: () => "probe",
  });
  const pass = (ms: number) => around.clock.run(around.clock.now() + ms);
  return { around, dials, said, socket, pass };
}

test("waits grow while nobody answers, up to half a minute and a half", async () => {
  const { dials, socket, pass, said } = open();
  socket.start();
  for (let second = 0; second < 3_000; second++) {
    await pass(100);
    const dial = dials.at(-1);
    if (dial && !dial.closed) dial.events.close("refused");
  }
  const waits = dials.slice(1).map((dial, i) => dial.at - dials[i]!.at);
  expect(waits[0]!).toBeLessThan(600);
  expect(waits.slice(8).every((wait) => wait >= 15_000 && wait <= 45_200)).toBe(true);
  expect(dials.length).toBeGreaterThan(12);
  expect(said).toEqual([]);
});

test("a connection that never opens is given up, and so is a URL that cannot be had", async () => {
  const silent = open();
  silent.socket.start();
  await silent.pass(10_500);
  expect(silent.dials.length).toBe(2);
  expect(silent.dials[0]!.closed).toBe(true);
  let asked = 0;
  const noUrl = open(() => {
    asked++;
    throw new Error("no listen key");
  });
  noUrl.socket.start();
  await noUrl.pass(2_000);
  expect(asked).toBeGreaterThan(1);
  expect(noUrl.dials).toEqual([]);
});

test("silence is probed, an answer keeps the socket, none replaces it", async () => {
  const { dials, socket, pass, said } = open();
  socket.start();
  await pass(1);
  dials[0]!.events.open();
  await pass(5_001);
  expect(dials[0]!.sent).toEqual(["probe"]);
  dials[0]!.events.message("alive");
  await pass(5_000);
  expect(dials[0]!.closed).toBe(false);
  await pass(12_000);
  expect(dials[0]!.closed).toBe(true);
  expect(dials.length).toBe(2);
  expect(said).toEqual(["opened", "alive", "down"]);
  dials[0]!.events.message("late");
  dials[0]!.events.close("late");
  expect(said).toEqual(["opened", "alive", "down"]);
});

test("before its time the next one opens beside it, and only then does it close", async () => {
  const { dials, socket, pass, said } = open();
  socket.start();
  await pass(1);
  dials[0]!.events.open();
  for (let i = 0; i < 30; i++) {
    await pass(2_000);
    dials[0]!.events.message("m");
  }
  expect(dials.length).toBe(2);
  expect(dials[0]!.closed).toBe(false);
  dials[1]!.events.open();
  dials[0]!.events.message("both");
  dials[1]!.events.message("talk");
  expect(said.slice(-3)).toEqual(["replaced", "both", "talk"]);
  await pass(5_001);
  expect([dials[0]!.closed, dials[1]!.closed]).toEqual([true, false]);
  expect(said).not.toContain("down");
});

test("a replacement that fails leaves the socket as it is; when both are gone it says so", async () => {
  const { dials, socket, pass, said } = open();
  socket.start();
  await pass(1);
  dials[0]!.events.open();
  for (let i = 0; i < 30; i++) {
    await pass(2_000);
    dials[0]!.events.message("m");
  }
  dials[1]!.events.close("no room");
  expect([dials[0]!.closed, socket.up]).toEqual([false, true]);
  dials[0]!.events.close("24 hours");
  expect(said.at(-1)).toBe("down");
  await pass(1_000);
  expect(dials.length).toBe(3);
});

test("stopped, it stays away", async () => {
  const { dials, socket, pass } = open();
  socket.start();
  await pass(1);
  dials[0]!.events.close("refused");
  socket.stop();
  await pass(120_000);
  expect(dials.length).toBe(1);
});
