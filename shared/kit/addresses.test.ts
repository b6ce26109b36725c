import { expect, test } from "bun:test";
import { Problem } from "../errors.ts";
import { createAddresses } from "./addresses.ts";
import { NetError } from "./ports.ts";

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
