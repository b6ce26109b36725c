import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { alertsKept } from "../../shared/collections/operations.ts";
import { approvals } from "../../shared/collections/people.ts";
import { approve, asked, openForTwo, said, say, stop } from "./acts.fixture.ts";
import { ask, sim } from "./treasury.fixture.ts";

/** The machine may have much else to do. */
setDefaultTimeout(60_000);

const SIGNING = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const target = { kind: "WEBHOOK", url: "https://hooks.test/in" };
let who: Awaited<ReturnType<typeof openForTwo>>;
beforeAll(async () => {
  who = await openForTwo();
});
afterAll(stop);

const channels = async () =>
  (await ask<{ items: { channel_id: string; title: string }[] }>(["GET", "/channels"], who.tom)).body.items;

test("a channel is made, changed and removed with a second person's word, and its secret lies open in no approval", async () => {
  const { body } = await ask<{ sealed_secret: string }>(["POST", "/channels/ops/secret"], who.ada, {
    body: { secret: SIGNING },
  });
  const wanted = { channel_id: "ops", title: "Pager", target, sealed_secret: body.sealed_secret };
  const making = await asked("POST /channels", who.ada, wanted);
  expect(making).toMatchObject({
    kind: "ACT",
    state: "PENDING",
    detail: "Make the WEBHOOK channel ops to https://hooks.test/in",
  });
  expect(await channels()).toEqual([]);
  expect((await approve(making, who.abe)).body.state).toBe("DONE");
  expect(await channels()).toMatchObject([{ channel_id: "ops", title: "Pager" }]);

  const changing = await asked("PUT /channels/ops", who.ada, { ...wanted, title: "Night pager" });
  expect((await approve(changing, who.ruth)).body.state).toBe("DONE");
  expect(await channels()).toMatchObject([{ title: "Night pager" }]);

  expect((await say("POST /channels/ops/test", who.ada)).body).toMatchObject({ ok: true });
  const removing = await asked("DELETE /channels/ops", who.ada);
  expect(removing.detail).toBe("Remove the channel ops");
  expect((await approve(removing, who.abe)).body.state).toBe("DONE");
  expect(await channels()).toEqual([]);

  const kept = await sim.world.store("s12").query(approvals, { limit: 100 });
  expect(JSON.stringify(kept)).not.toContain(SIGNING.slice(6, 30));
  expect((await said("ops")).filter((line) => line.includes("channel."))).toEqual([
    "ada channel.made: ok",
    "ada channel.changed: ok",
    "ada channel.removed: ok",
  ]);
});

test("what cannot be is refused before anybody is asked, and what is not the asker's to ask", async () => {
  const wanted = { channel_id: "ops", title: "x", target: { kind: "WEBHOOK", url: "http://hooks.test/" } };
  expect((await say("POST /channels", who.ada, wanted)).status).toBe(400);
  expect((await say("PUT /channels/none", who.ada, { ...wanted, channel_id: "none" })).status).toBe(404);
  expect((await say("DELETE /channels/none", who.ada)).status).toBe(404);
  expect((await say("POST /channels", who.rita, wanted)).body.code).toBe("FORBIDDEN");
  expect(
    (await sim.world.store("s11").query(alertsKept, { where: { code: "APPROVAL_WANTED" }, limit: 10 })).items.length,
  ).toBe(3);
});
