import { describe, expect, test } from "bun:test";
import { createFences, leaseName, readClaim } from "./fences.ts";
import type { Principal } from "./service.ts";

const router: Principal = { kind: "service", id: "s04", role: "admin" };
const name = leaseName("s04", 2);
const code = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return "passed";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("a callee", () => {
  test("refuses an older fence of the same lease once it has seen a newer one", async () => {
    const fences = createFences({ newest: async () => 3 });
    expect(await code(() => fences.check({ name, fence: 3 }))).toBe("passed");
    expect(await code(() => fences.check({ name, fence: 4 }))).toBe("passed");
    expect(await code(() => fences.check({ name, fence: 3 }))).toBe("FENCED");
    expect(await code(() => fences.check({ name: leaseName("s04", 1), fence: 3 }))).toBe("passed");
    expect(await code(() => fences.check({ name, fence: 4 }))).toBe("passed");
  });
  test("asks on the first sight of a lease, so that a restart does not forget who was passed", async () => {
    const fences = createFences({ newest: async () => 9 });
    expect(await code(() => fences.check({ name, fence: 8 }))).toBe("FENCED");
    expect(await code(() => fences.check({ name, fence: 9 }))).toBe("passed");
  });
  test("of two first sights at once the older is refused, whichever answer comes last", async () => {
    const waiting: ((fence: number) => void)[] = [];
    const fences = createFences({ newest: () => new Promise((resolve) => waiting.push(resolve)) });
    const older = code(() => fences.check({ name, fence: 1 }));
    const newer = code(() => fences.check({ name, fence: 2 }));
    waiting[1]?.(2);
    expect(await newer).toBe("passed");
    waiting[0]?.(1);
    expect(await older).toBe("FENCED");
  });
  test("takes who comes first while nobody can be asked", async () => {
    const fences = createFences({ newest: () => Promise.reject(new Error("away")) });
    expect(await code(() => fences.check({ name, fence: 5 }))).toBe("passed");
    expect(await code(() => fences.check({ name, fence: 4 }))).toBe("FENCED");
  });
});

test("a service claims its own leases only; people claim none", async () => {
  expect(readClaim("lease:s04:2;17", router)).toEqual({ name, fence: 17 });
  expect(readClaim(null, router)).toBeUndefined();
  expect(readClaim("lease:s04:2;17", { kind: "person", id: "ada", role: "admin" })).toBeUndefined();
  expect(await code(() => readClaim("lease:s03:2;17", router))).toBe("FORBIDDEN");
  expect(await code(() => readClaim("lease:s04:2;-1", router))).toBe("INVALID");
});
