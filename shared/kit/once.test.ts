import { expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { Problem } from "../errors.ts";
import { simulatedWorld } from "../testing/world.ts";
import { createOnce } from "./once.ts";
import type { Net, Store } from "./ports.ts";

const clock = new VirtualClock(0);
const store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s04");
const request = { who: "person:ada", verb: "make", key: "k", body: "{}" };

test("of two at once one is done, however long the store takes to answer", async () => {
  const answers: (() => void)[] = [];
  const slow = {
    ...store,
    commit: store.commit.bind(store),
    get: async (...args: Parameters<Store["get"]>) => {
      const found = await store.get(...args);
      await new Promise<void>((resolve) => answers.push(resolve));
      return found;
    },
  } as unknown as Store;
  const once = createOnce("s04", slow, clock);
  let made = 0;
  const make = async () => ({ status: 201, answer: { thing: ++made } });
  const first = once(request, make);
  const second = once(request, make).catch((error: unknown) => (error as Problem).code);
  await Promise.resolve();
  for (const answer of answers) answer();
  expect(await first).toMatchObject({ status: 201, answer: { thing: 1 }, replayed: false });
  expect(await second).toBe("STILL_RUNNING");
  expect(made).toBe(1);
});

test("a failure on our side is not kept, a refusal is thrown and not kept either", async () => {
  const once = createOnce("s04", store, clock);
  const failing = { ...request, key: "failing" };
  expect(await once(failing, async () => ({ status: 503, answer: {} }))).toMatchObject({ status: 503 });
  const refused = once(failing, () => Promise.reject(new Problem("RULE", "No.")));
  expect(refused).rejects.toThrow("No.");
  await refused.catch(() => {});
  expect(await once(failing, async () => ({ status: 200, answer: 1 }))).toMatchObject({ status: 200, replayed: false });
});
