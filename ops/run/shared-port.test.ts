import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { listen } from "./serve.ts";
import { canSharePorts, isAlsoOthers } from "./shared-port.ts";

const skipped = canSharePorts ? "" : " (skipped: needs Linux)";
const CLIENTS = 12;
const HAND_OVERS = 3;

/** A connection of its own, as every new client's: what was answered, or what went wrong. */
const asked = (port: number): Promise<string> =>
  new Promise((resolve) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    );
    socket.on("data", (data) => {
      got += data;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      got = `error ${error.code}`;
    });
    socket.on("close", () => resolve(/ok \d+$/.exec(got)?.[0] ?? (got || "nothing")));
  });
const listening = (port: number, which: number) =>
  listen("a test", { port, shares: which === 0 ? "first" : "next", answer: () => new Response(`ok ${which}`) });

test.skipIf(!canSharePorts)(
  `one listener takes over from another while clients connect all the time: nobody is refused or cut${skipped}`,
  async () => {
    let listener = listening(0, 0);
    const { port } = listener;
    const answers: string[] = [];
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (!isOver) answers.push(await asked(port));
    });
    for (let which = 1; which <= HAND_OVERS; which++) {
      const next = listening(port, which);
      // From here on all that is new comes here, also while the other listens on.
      const from = answers.length;
      listener.leave();
      await listener.quiet();
      await listener.finish();
      const late = answers.slice(from).filter((answer) => answer === `ok ${which - 1}`);
      expect(late.length).toBeLessThanOrEqual(CLIENTS);
      listener = next;
    }
    isOver = true;
    await Promise.all(clients);
    await listener.finish();
    expect(answers.filter((answer) => !/^ok \d$/.test(answer))).toEqual([]);
    expect(answers.length).toBeGreaterThan(CLIENTS * HAND_OVERS);
  },
  30_000,
);

test.skipIf(!canSharePorts)(
  `one that goes before it is in place leaves all to the one that was there${skipped}`,
  async () => {
    const there = listening(0, 0);
    for (const _ of [1, 2]) {
      const next = listening(there.port, 1);
      expect(await asked(there.port)).toBe("ok 1");
      await next.stop();
      for (let n = 0; n < CLIENTS; n++) expect(await asked(there.port)).toBe("ok 0");
    }
    await there.stop();
  },
);

test.skipIf(!canSharePorts)(
  `who has a port is known when it is another process, at this address and not beside it${skipped}`,
  async () => {
    const there = listening(0, 0);
    expect(isAlsoOthers(there.port)).toBe(false);
    const stranger = (hostname: string) => `
      Bun.serve({ hostname: "${hostname}", port: ${there.port}, reusePort: true, fetch: () => new Response("not us") });
      console.log("up");`;
    for (const [hostname, isSo] of [
      ["127.0.0.2", false],
      ["127.0.0.1", true],
    ] as const) {
      const child = Bun.spawn([process.execPath, "-e", stranger(hostname)], { stdout: "pipe" });
      await child.stdout.getReader().read();
      expect(isAlsoOthers(there.port)).toBe(isSo);
      child.kill("SIGKILL");
      await child.exited;
    }
    expect(isAlsoOthers(there.port)).toBe(false);
    await there.stop();
  },
  60_000,
);

test.skipIf(!canSharePorts)(`listeners that come and go leave no files open${skipped}`, async () => {
  const open = () => readdirSync("/proc/self/fd").length;
  const there = listening(0, 0);
  const once = async () => {
    const next = listening(there.port, 1);
    expect(() => listening(there.port, 0)).toThrow("is taken");
    await next.stop();
  };
  await once();
  const before = open();
  for (let n = 0; n < 20; n++) await once();
  expect(open()).toBeLessThanOrEqual(before + 2);
  await there.stop();
});

test.skipIf(!canSharePorts)(
  `whoever comes first takes no port that somebody has, shared or not${skipped}`,
  async () => {
    const there = listening(0, 0);
    expect(() => listening(there.port, 0)).toThrow(`Port ${there.port} of a test is taken`);
    await there.stop();
  },
);
