/** What every Directory must do. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Directory } from "../kit/ports.ts";
import { type Begin, hostileNames, type Timed } from "./coordination-world.ts";

export function directoryContract(name: string, begin: Begin<Directory>): void {
  describe(name, () => {
    let world: Timed<Directory>;
    let directory: Directory;
    beforeEach(async () => {
      world = await begin();
      directory = world.port;
    });
    afterEach(() => world.end());
    const names = async (group = "g") => (await directory.members(group)).map(({ member }) => member);

    test("who announces itself is there, in the order of the names, with what it says of itself", async () => {
      expect(await directory.members("g")).toEqual([]);
      await directory.announce("g", "b", "http://127.0.0.1:2", 60_000);
      await directory.announce("g", "c", "", 60_000);
      await directory.announce("g", "a", '{"url": "x y"}\n2', 60_000);
      await directory.announce("other", "z", "elsewhere", 60_000);
      expect(await directory.members("g")).toEqual([
        { member: "a", about: '{"url": "x y"}\n2' },
        { member: "b", about: "http://127.0.0.1:2" },
        { member: "c", about: "" },
      ]);
    });

    test("saying it again replaces what was said", async () => {
      await directory.announce("g", "a", "one", 60_000);
      await directory.announce("g", "a", "two", 60_000);
      expect(await directory.members("g")).toEqual([{ member: "a", about: "two" }]);
    });

    test("who falls silent is gone after its time, who says it again in time stays", async () => {
      await directory.announce("g", "silent", "", 300);
      await directory.announce("g", "alive", "one", 300);
      await directory.announce("g", "patient", "", 60_000);
      await directory.announce("g", "alive", "two", 60_000);
      await world.pass(350);
      expect(await directory.members("g")).toEqual([
        { member: "alive", about: "two" },
        { member: "patient", about: "" },
      ]);
    });

    test("a shorter time said later counts", async () => {
      await directory.announce("g", "a", "", 60_000);
      await directory.announce("g", "a", "", 100);
      await world.pass(150);
      expect(await names()).toEqual([]);
    });

    test("who leaves is gone at once, and may come back; leaving twice is no error", async () => {
      await directory.announce("g", "a", "", 60_000);
      await directory.announce("g", "b", "", 60_000);
      await directory.leave("g", "a");
      await directory.leave("g", "a");
      await directory.leave("never", "a");
      expect(await names()).toEqual(["b"]);
      await directory.announce("g", "a", "again", 60_000);
      expect(await names()).toEqual(["a", "b"]);
    });

    test("many that come at once are all there", async () => {
      const all = Array.from({ length: 50 }, (_, at) => `m${String(at).padStart(2, "0")}`);
      await Promise.all(all.map((member) => directory.announce("g", member, member, 60_000)));
      expect(await names()).toEqual(all);
    });

    test("any characters may be in groups, names and what is said", async () => {
      for (const text of hostileNames) {
        await directory.announce(text, text, text, 60_000);
        expect(await directory.members(text)).toEqual([{ member: text, about: text }]);
      }
      for (const text of hostileNames) await directory.leave(text, text);
      for (const text of hostileNames) expect(await directory.members(text)).toEqual([]);
    });

    test("a time that is none is refused", async () => {
      for (const ttlMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await expect(directory.announce("g", "a", "", ttlMs)).rejects.toThrow("Invariant");
      }
    });
  });
}
