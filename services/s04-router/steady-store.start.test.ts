/** Starts of the router while its store is away, and journals whose writers somebody else has followed meanwhile. */
import { afterEach, expect, test } from "bun:test";
import { asProblem } from "../../shared/errors.ts";
import { entry, FUT, faultsOf, RouterWorld } from "./world.fixture.ts";

let world: RouterWorld;
afterEach(() => world.close());

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "done",
    (error) => asProblem(error).code,
  );

async function opened(): Promise<void> {
  world = new RouterWorld();
  await world.start();
  await world.place(entry());
  await world.pass(2_000);
}

test.each(["down", "failing"] as const)(
  "a start that never read the books leaves no picture by which the next would take what is held for nothing: %s",
  async (trouble) => {
    await opened();
    world.boot();
    world.faults.trouble = trouble;
    expect(await codeOf(world.start())).toBe("UNAVAILABLE");
    expect(await world.journal.read()).toEqual([]);
    await world.pass(3_000);
    world.boot();
    expect(await codeOf(world.start())).toBe("UNAVAILABLE");
    world.faults.trouble = undefined;
    world.boot();
    await world.start();
    await world.pass(5_000);
    expect(world.router.book.holding(FUT)?.qty).toBe("0.01");
    expect(faultsOf(world)).toEqual([]);
  },
);
