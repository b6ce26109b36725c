import { beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { emit } from "../../shared/changes.ts";
import { signingKeys } from "../../shared/collections/people.ts";
import type { Net, Op, Store } from "../../shared/kit/ports.ts";
import { createSealer, type Sealer } from "../../shared/sealing.ts";
import { opsEvents } from "../../shared/streams.ts";
import { simulatedWorld } from "../../shared/testing/world.ts";
import { createAccessTokens } from "./access-token.ts";
import { createSigningKeys } from "./signing-keys.ts";

const DAY = 86_400_000;
const TOKEN_MS = 600_000;
const bearer = { username: "rita", role: "risk", session_id: "s", generation: 1 } as const;
const sealerOf = (key: string): Sealer => createSealer(key, "signing keys", (count) => randomBytes(count));

let clock: VirtualClock;
let store: Store;
let starts = 0;
beforeEach(() => {
  clock = new VirtualClock(1_700_000_000_000);
  store = simulatedWorld({ clock, net: {} as Net, seed: 1 }).store("s12");
});

/** A process of the gateway that has just started, or is about to read its keys. */
async function start(sealer: Sealer | undefined, { isReading = false } = {}) {
  const quiet = () => {};
  const keys = createSigningKeys({
    ...{ store, clock, sealer, random: seededRandom(`start ${++starts}`), lifeMs: 30 * DAY, tokenMs: TOKEN_MS },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    audit: (entry): Op => emit(opsEvents, { source: "s12", ts: clock.now(), ...entry }),
  });
  if (!isReading) await keys.rotate();
  const tokens = createAccessTokens({ keys, clock, ttlMs: TOKEN_MS });
  return {
    keys,
    issue: () => tokens.issue(bearer),
    opens: async (token: string) => (await tokens.verify(token)) !== undefined,
  };
}
const pass = (ms: number) => clock.run(clock.now() + ms);
const kidsOf = ({ keys }: Awaited<ReturnType<typeof start>>) => keys.keySet().keys.map(({ kid }) => kid);

describe("a signing key", () => {
  test("that is not read yet makes nobody a stranger: whoever has a token is to ask again", async () => {
    const token = await (await start(sealerOf("grant key"))).issue();
    const starting = await start(sealerOf("grant key"), { isReading: true });
    await expect(starting.opens(token)).rejects.toMatchObject({ code: "NOT_READY" });
    await starting.keys.rotate();
    expect(await starting.opens(token)).toBe(true);
  });

  test("lies sealed in the store, is found again after a restart, and goes on signing", async () => {
    const before = await start(sealerOf("grant key"));
    const token = await before.issue();
    const kept = (await store.query(signingKeys, { limit: 10 })).items.map(({ value }) => value);
    const { jwk } = await before.keys.signer();
    expect(kept.length).toBe(1);
    expect(JSON.stringify(kept)).not.toContain(jwk.d as string);
    const after = await start(sealerOf("grant key"));
    expect(await after.opens(token)).toBe(true);
    expect(kidsOf(after)).toEqual(kidsOf(before));
  });
  test("is replaced once it is old; the old one opens until its last token has ended", async () => {
    const gateway = await start(sealerOf("grant key"));
    const [first] = kidsOf(gateway);
    await pass(30 * DAY - 1);
    await gateway.keys.rotate();
    const old = await gateway.issue();
    expect(kidsOf(gateway)).toEqual([first as string]);
    await pass(1);
    await gateway.keys.rotate();
    expect(kidsOf(gateway).length).toBe(2);
    expect((await gateway.keys.signer()).kid).not.toBe(first as string);
    const young = await gateway.issue();
    await pass(TOKEN_MS - 2_000);
    expect([await gateway.opens(old), await gateway.opens(young)]).toEqual([true, true]);
    await pass(2_000);
    expect(kidsOf(gateway)).toEqual([(await gateway.keys.signer()).kid]);
    expect(await gateway.opens(old)).toBe(false);
  });
  test("is replaced when it is needed, though no job ran", async () => {
    const gateway = await start(sealerOf("grant key"));
    await pass(31 * DAY);
    expect(await gateway.opens(await gateway.issue())).toBe(true);
    expect(kidsOf(gateway).length).toBe(2);
  });
  test("of another grant key signs no more, and its tokens open to their end", async () => {
    const before = await start(sealerOf("grant key"));
    const token = await before.issue();
    const after = await start(sealerOf("another grant key"));
    expect((await after.keys.signer()).kid).not.toBe(kidsOf(before)[0] as string);
    expect(await after.opens(token)).toBe(true);
    await pass(TOKEN_MS);
    expect(await after.opens(token)).toBe(false);
  });
  test("without a grant key is in memory alone: each start has its own, and opens what the last one signed", async () => {
    const before = await start(undefined);
    const token = await before.issue();
    const after = await start(undefined);
    const kept = (await store.query(signingKeys, { limit: 10 })).items.map(({ value }) => value);
    expect(kept.map(({ sealed_seed }) => sealed_seed)).toEqual([undefined, undefined]);
    expect(await after.opens(token)).toBe(true);
    await pass(TOKEN_MS);
    expect(kidsOf(after)).toEqual([(await after.keys.signer()).kid]);
  });
  test("that has ended is forgotten by the store a day later", async () => {
    const gateway = await start(sealerOf("grant key"));
    await pass(30 * DAY);
    await gateway.keys.rotate();
    await pass(DAY + TOKEN_MS);
    expect(await store.expire(signingKeys, clock.now() + 1)).toBe(1);
    expect(await store.count(signingKeys)).toBe(1);
  });
});
