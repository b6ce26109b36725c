import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { simulatedWorld } from "../testing/world.ts";
import { mortal } from "./mortal.ts";
import type { Net } from "./ports.ts";

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
