import { expect, test } from "bun:test";
import { connect } from "node:net";
import { listen } from "./serve.ts";
import { canSharePorts } from "./shared-port.ts";

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
  `whoever comes first takes no port that somebody has, shared or not${skipped}`,
  async () => {
    const there = listening(0, 0);
    expect(() => listening(there.port, 0)).toThrow(`Port ${there.port} of a test is taken`);
    await there.stop();
  },
);
