import { describe, expect, test } from "bun:test";
import { VirtualClock } from "../adapters/virtual-clock.ts";
import { router } from "../contracts.ts";
import { simulatedWorld } from "../testing/world.ts";
import { createTokens } from "./auth.ts";
import { constellation } from "./constellation.ts";
import { echoService, heard } from "./echo.fixture.ts";
import { createFences, LEASE_HEADER, leaseName, readClaim } from "./fences.ts";
import type { Hosted } from "./host.ts";
import type { Net } from "./ports.ts";
import type { Principal } from "./service.ts";

const claimant: Principal = { kind: "service", id: "s04", role: "admin" };
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
  expect(readClaim("lease:s04:2;17", claimant)).toEqual({ name, fence: 17 });
  expect(readClaim(null, claimant)).toBeUndefined();
  expect(readClaim("lease:s04:2;17", { kind: "person", id: "ada", role: "admin" })).toBeUndefined();
  expect(await code(() => readClaim("lease:s03:2;17", claimant))).toBe("FORBIDDEN");
  expect(await code(() => readClaim("lease:s04:2;-1", claimant))).toBe("INVALID");
});

describe("a service", () => {
  const path = "/chimera.router.v1.RouterService/GetBudget";
  async function open() {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const world = simulatedWorld({ clock, net: {} as Net, seed: 1 });
    const hosted = (await constellation([echoService(heard())], ["s04"], world)).hosted.get("s04") as Hosted;
    const settled = async <T>(work: Promise<T>): Promise<T> => {
      let isDone = false;
      const done = work.finally(() => {
        isDone = true;
      });
      done.catch(() => {});
      await clock.run(() => isDone);
      return done;
    };
    const token = await settled(createTokens(world.serviceKey, clock).mint("s03", "s04"));
    const begin = (claim: string, body: BodyInit = "{}") => {
      const type = { "content-type": "application/json" };
      const headers = { ...type, authorization: `Bearer ${token}`, [LEASE_HEADER]: claim };
      return hosted.fetch(new Request(`http://x${path}`, { method: "POST", body, headers }));
    };
    const callBy = (claim: string) => settled(begin(claim));
    return { begin, world, hosted, settled, callBy };
  }

  test("refuses a passed caller over RPC and in its own process alike, before anything runs", async () => {
    const { hosted, settled, callBy } = await open();
    expect((await callBy("lease:s03:0;5")).status).toBe(200);
    expect((await callBy("lease:s03:0;6")).status).toBe(200);
    const refused = await callBy("lease:s03:0;5");
    expect(refused.headers.get("chimera-code")).toBe("FENCED");
    const caller: Principal = { kind: "service", id: "s03", role: "admin" };
    const ask = (fence: number) =>
      settled(hosted.call(router.methods.getBudget, {}, caller, { name: leaseName("s03", 0), fence }));
    expect(await code(() => ask(5))).toBe("FENCED");
    expect(await code(() => ask(6))).toBe("passed");
  });
  test("refuses one that was passed while its body was on its way", async () => {
    const { begin, settled, callBy } = await open();
    let rest = (_text: string) => {};
    const body = new ReadableStream({
      start(controller) {
        rest = (text) => {
          controller.enqueue(new TextEncoder().encode(text));
          controller.close();
        };
      },
    });
    const stopped = begin("lease:s03:0;5", body);
    expect((await callBy("lease:s03:0;6")).status).toBe(200);
    rest("{}");
    expect((await settled(stopped)).headers.get("chimera-code")).toBe("FENCED");
  });
  test("that has just started asks who has had the lease meanwhile", async () => {
    const { world, settled, callBy } = await open();
    const lease = await settled(world.lock.acquire(leaseName("s03", 0), 1_000));
    expect((await callBy(`lease:s03:0;${(lease?.fence ?? 0) - 1}`)).headers.get("chimera-code")).toBe("FENCED");
    expect((await callBy(`lease:s03:0;${lease?.fence}`)).status).toBe(200);
  });
  test("takes no claim to somebody else's lease", async () => {
    const { callBy } = await open();
    expect((await callBy("lease:s06:0;5")).headers.get("chimera-code")).toBe("FORBIDDEN");
  });
});
