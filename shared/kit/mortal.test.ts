import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { simulatedWorld } from "../testing/world.ts";
import { mortal } from "./mortal.ts";
import type { Net, SocketEvents } from "./ports.ts";

test("what was asked of a life that ends may have been done; what is asked of it afterwards was not", async () => {
  const life = mortal(simulatedWorld({ clock: new VirtualClock(0), net: {} as Net, seed: 1 }));
  expect(await life.untilAnswered(async () => "answer")).toBe("answer");
  let begun = 0;
  const ask = () => {
    begun++;
    return new Promise(() => {});
  };
  const underWay = life.untilAnswered(ask);
  life.end();
  await expect(underWay).rejects.toMatchObject({ code: "TIMEOUT" });
  await expect(life.untilAnswered(ask)).rejects.toMatchObject({ code: "NOT_OWNER" });
  expect(begun).toBe(1);
});

test("a life that ends closes its sockets, but for those that closed before: they are forgotten", () => {
  const lines: { events: SocketEvents; closed: number }[] = [];
  const connect: Net["connect"] = (_url, events) => {
    const line = { events, closed: 0 };
    lines.push(line);
    return { send: () => {}, close: () => void line.closed++ };
  };
  const life = mortal(simulatedWorld({ clock: new VirtualClock(0), net: { connect } as Net, seed: 1 }));
  const heard: string[] = [];
  for (const name of ["first", "second"]) {
    life.world.net.connect("ws://there", {
      open() {},
      message() {},
      close: (why) => void heard.push(`${name} ${why}`),
    });
  }
  lines[0]?.events.close("cut");
  life.end();
  expect(lines.map(({ closed }) => closed)).toEqual([0, 1]);
  lines[1]?.events.close("left");
  expect(heard).toEqual(["first cut"]);
});
