import { beforeEach, describe, expect, test } from "bun:test";
import { seededRandom } from "../adapters/random.ts";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { Problem } from "../errors.ts";
import { createAddresses } from "./addresses.ts";
import { type Names, NetError } from "./ports.ts";

const TWO = "http://one, http://two/";

test("one that cannot be reached is passed over at once, and the one that answered is asked first from then on", async () => {
  const addresses = createAddresses(TWO);
  const asked: string[] = [];
  const ask = async (base: string) => {
    asked.push(base);
    if (base === "http://one") throw new Problem("UNAVAILABLE", "away", { cause: new NetError("refused", "nobody") });
    return base;
  };
  expect(await addresses.ask(ask)).toBe("http://two");
  expect(await addresses.ask(ask)).toBe("http://two");
  expect(asked).toEqual(["http://one", "http://two", "http://two"]);
});

test("one that did not answer may have done it: nobody else is asked now, and another one the next time", async () => {
  const addresses = createAddresses(TWO);
  const silent = (base: string) =>
    base === "http://one" ? Promise.reject(new NetError("unknown", "no answer")) : Promise.resolve(base);
  await expect(addresses.ask(silent)).rejects.toThrow("no answer");
  expect(await addresses.ask(silent)).toBe("http://two");
});

test("what the callee refuses is an answer, and with nobody there each is tried once", async () => {
  const addresses = createAddresses(TWO);
  const asked: string[] = [];
  const refusing = (base: string) => {
    asked.push(base);
    return Promise.reject(new Problem("RULE", "no"));
  };
  await expect(addresses.ask(refusing)).rejects.toThrow("no");
  expect(asked).toEqual(["http://one"]);
  asked.length = 0;
  const nobody = (base: string) => {
    asked.push(base);
    return Promise.reject(new NetError("refused", "nobody"));
  };
  await expect(addresses.ask(nobody)).rejects.toThrow("nobody");
  expect(asked).toEqual(["http://one", "http://two"]);
});

describe("a name that stands for several", () => {
  let clock: VirtualClock;
  let found: string[] | undefined;
  let looks: number;
  const names: Names = {
    async resolve() {
      looks++;
      if (found === undefined) throw new Error("ENOTFOUND");
      return found;
    },
  };
  const following = (seed = "a") => ({ names, clock, random: seededRandom(seed) });
  const base = async (url: string) => url;
  const away = new NetError("refused", "nobody");
  const notAt = (gone: readonly string[]) => (url: string) => (gone.includes(url) ? Promise.reject(away) : base(url));
  beforeEach(() => {
    clock = new VirtualClock(0);
    found = ["http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.3"];
    looks = 0;
  });

  test("callers begin at different ones, and each stays with its own", async () => {
    const begun = new Map<string, number>();
    for (let caller = 0; caller < 60; caller++) {
      const addresses = createAddresses("http://s04", following(String(caller)));
      const first = await addresses.ask(base);
      expect(await addresses.ask(base)).toBe(first);
      begun.set(first, (begun.get(first) ?? 0) + 1);
    }
    expect([...begun.keys()].sort()).toEqual(found as string[]);
    expect(Math.min(...begun.values())).toBeGreaterThan(10);
  });

  test("is looked up again after seconds, not at each call, and who is gone is asked no more", async () => {
    const addresses = createAddresses("http://s04", following());
    for (let call = 0; call < 5; call++) await addresses.ask(base);
    expect(looks).toBe(1);
    found = ["http://10.0.0.9"];
    await clock.run(5_000);
    await addresses.ask(base);
    await clock.run(clock.now());
    expect(looks).toBe(2);
    expect(addresses.all).toEqual(found);
    expect(await addresses.ask(base)).toBe("http://10.0.0.9");
  });

  test("where nobody known is there it is looked up at once, and who came in their place is asked", async () => {
    const addresses = createAddresses("http://s04", following());
    await addresses.ask(base);
    const gone = found as string[];
    found = ["http://10.0.0.7"];
    expect(await addresses.ask(notAt(gone))).toBe("http://10.0.0.7");
    await expect(addresses.ask(notAt([...gone, ...found]))).rejects.toThrow("nobody");
  });

  test("what was known stays while DNS is away, and a name that was never known is asked as it is", async () => {
    const addresses = createAddresses("http://s04", following());
    await addresses.refresh();
    const before = addresses.all;
    found = undefined;
    await addresses.refresh();
    expect(addresses.all).toEqual(before);
    expect(await createAddresses("http://s04", following()).ask(base)).toBe("http://s04");
  });

  test("of several names one that nobody finds just now keeps its addresses, and none that never answers is waited for", async () => {
    let isGone = false;
    const either: Names = {
      async resolve(url) {
        if (isGone && url === "http://a") await new Promise(() => {});
        if (isGone && url === "http://b") throw new Error("ENOTFOUND");
        return [`${url}.1`, `${url}.2`];
      },
    };
    const addresses = createAddresses("http://a, http://b, http://c", { ...following(), names: either });
    await addresses.refresh();
    const before = addresses.all;
    isGone = true;
    const begunAt = clock.now();
    let isDone = false;
    void addresses.refresh().then(() => {
      isDone = true;
    });
    await clock.run(() => isDone);
    expect([isDone, clock.now() - begunAt]).toEqual([true, 2_000]);
    expect(before).toHaveLength(6);
    expect(addresses.all).toEqual(before);
  });
});
