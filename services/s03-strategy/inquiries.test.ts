/** Questions of people: dry runs that leave no trace, real ones, lists and stories. */
import { describe, expect, test } from "bun:test";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { Problem } from "../../shared/errors.ts";
import { undecidable } from "../../shared/trading/decision/decide.ts";
import {
  featuresWith,
  NOON,
  signalWith,
  strategyWith,
  viewWith,
} from "../../shared/trading/decision/decision.fixture.ts";
import { answerTo, engineWith, signalNumber, storeRevision, write } from "./strategy.fixture.ts";
import { DecideBatchRequest, DecideRequest } from "./types.ts";

const ask = (request: object) => DecideRequest.parse(request);
const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => "no problem",
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

describe("POST /decide", () => {
  test("is a dry run on the newest features unless asked otherwise, and leaves no trace", async () => {
    const { inquiries, asked, store, clock, told } = await engineWith();
    const answer = await inquiries.decide(ask({ instrument: "FUT:BTCUSDT" }));
    expect(answer).toMatchObject({ dry_run: true, decision: { action: "open", side: "BUY" }, strategy_id: "lean" });
    expect(answer.intents).toHaveLength(1);
    await clock.run(NOON + 100);
    expect([asked, told, await store.count(decisionsMade)]).toEqual([[], [], 0]);
    expect((await inquiries.decide(ask({ instrument: "FUT:BTCUSDT" }))).decision.action).toBe("open");
  });

  test("takes features as given, sized by the newest quotes", async () => {
    const { inquiries } = await engineWith();
    const features = { ...featuresWith().values, obi_5: -0.9 };
    const answer = await inquiries.decide(ask({ instrument: "FUT:BTCUSDT", features }));
    expect(answer.intents[0]).toMatchObject({ side: "SELL", qty: "0.006" });
    const bare = await inquiries.decide(ask({ instrument: "FUT:BTCUSDT", features: { obi_5: 1 } }));
    expect(bare.decision.reason).toBe("funding_rate");
  });

  test("rehearses a past signal as of its own time, under the revision asked for", async () => {
    const { inquiries, stores } = await engineWith();
    const old = signalWith({}, { ts: NOON - 86_400_000 });
    await write(stores, signalsSeen, { ...old, ts: NOON - 86_400_000 });
    expect((await inquiries.decide(ask({ signal_id: old.signal_id }))).decision.action).toBe("open");
    const five = viewWith({ rev: 5, flags: { execution: { entry_valid_ms: 1_000 } } });
    await storeRevision(stores, five);
    const under = await inquiries.decide(ask({ signal_id: old.signal_id, config_rev: 5 }));
    expect([under.config_rev, under.intents[0]?.valid_until]).toEqual([5, NOON - 86_400_000 + 1_000]);
  });

  test("places a real one and answers with the router's word; an old signal is too old for that", async () => {
    const { inquiries, asked, stores } = await engineWith();
    const answer = await inquiries.decide(ask({ instrument: "FUT:BTCUSDT", dry_run: false }));
    expect(answer.orders).toEqual([answerTo(asked[0]!.intent)]);
    await write(stores, signalsSeen, signalNumber(4, { features: featuresWith({}, { ts: NOON - 60_000 }) }));
    const old = await inquiries.decide(ask({ signal_id: "signal-4", dry_run: false }));
    expect([old.decision.reason, asked.length]).toEqual(["features_age_ms", 1]);
  });

  test("decides a signal for real only once", async () => {
    const { inquiries, stores, strategist, asked } = await engineWith();
    await write(stores, signalsSeen, signalWith());
    await strategist.onSignal(signalWith(), 1);
    const again = inquiries.decide(ask({ signal_id: "0123456789abcdef", dry_run: false }));
    expect(await codeOf(again)).toBe("WRONG_STATE");
    expect(asked).toHaveLength(1);
  });

  test("tells the router's refusal as the caller's", async () => {
    const { inquiries } = await engineWith({ router: () => new Problem("BUDGET", "no room") });
    expect(await codeOf(inquiries.decide(ask({ instrument: "FUT:BTCUSDT", dry_run: false })))).toBe("BUDGET");
  });

  test.each<[string, object]>([
    ["STALE_FEATURES", { instrument: "SPOT:BTCUSDT" }],
    ["NOT_FOUND", { instrument: "FUT:DOGEUSDT" }],
    ["NOT_FOUND", { instrument: "FUT:BTCUSDT", strategy_id: "gone" }],
    ["NOT_FOUND", { signal_id: "gone" }],
    ["NOT_FOUND", { instrument: "FUT:BTCUSDT", config_rev: 404 }],
  ])("refuses with %s: %p", async (code, request) => {
    const { inquiries } = await engineWith();
    expect(await codeOf(inquiries.decide(ask(request)))).toBe(code);
  });

  test.each([
    ["stale", featuresWith({}, { stale: true, quality: ["gap"] })],
    ["too old", featuresWith({}, { ts: NOON - 3_001 })],
  ])("refuses features that are %s", async (_name, set) => {
    const { inquiries, surroundings } = await engineWith();
    surroundings.latest.set("FUT:BTCUSDT", set);
    expect(await codeOf(inquiries.decide(ask({ instrument: "FUT:BTCUSDT" })))).toBe("STALE_FEATURES");
  });

  test.each([
    {},
    { instrument: "btc" },
    { instrument: "FUT:BTCUSDT", features: { mid: "60000" } },
    { instrument: "FUT:BTCUSDT", features: [] },
    { instrument: "FUT:BTCUSDT", config_rev: "latest" },
    { instrument: "FUT:BTCUSDT", config_rev: -1 },
    { instrument: "FUT:BTCUSDT", dry_run: "no" },
    { instrument: "FUT:BTCUSDT", bid: "-1" },
    { signal_id: "x".repeat(129) },
  ])("does not take %p", (request) => {
    expect(DecideRequest.safeParse(request).success).toBe(false);
  });
});

test("a real decision of a signal that is just being decided is refused, and leaves its decision as it is", async () => {
  const { inquiries, strategist, stores, asked, clock, store } = await engineWith();
  await write(stores, signalsSeen, signalWith());
  const request = ask({ signal_id: signalWith().signal_id, dry_run: false });
  const [own, others] = await Promise.all([
    codeOf(strategist.onSignal(signalWith(), 1)),
    codeOf(inquiries.decide(request)),
  ]);
  expect([own, others, asked.length]).toEqual(["no problem", "WRONG_STATE", 1]);
  await clock.run(NOON + 100);
  expect((await store.get(decisionsMade, signalWith().signal_id))?.value.decision.action).toBe("open");
});

describe("a batch", () => {
  test("decides each for itself, in the order asked, and trades nothing", async () => {
    const { inquiries, asked } = await engineWith();
    const { items } = await inquiries.decideAll(
      DecideBatchRequest.parse({
        items: [
          { instrument: "FUT:BTCUSDT" },
          { instrument: "SPOT:BTCUSDT" },
          { instrument: "FUT:BTCUSDT", features: { mid: 60_000 } },
        ],
      }),
    );
    expect(items.map((item) => (item.ok ? item.decision.decision.reason : item.code))).toEqual([
      "open",
      "STALE_FEATURES",
      "funding_rate",
    ]);
    expect(asked).toEqual([]);
  });
  test.each([
    ["nothing", []],
    ["more than a hundred", Array(101).fill({ instrument: "FUT:BTCUSDT" })],
    ["one that trades", [{ instrument: "FUT:BTCUSDT", dry_run: false }]],
  ])("of %s is not taken", (_what, items) => {
    expect(DecideBatchRequest.safeParse({ items }).success).toBe(false);
  });
});

describe("past decisions", () => {
  test("are listed newest first, filtered, in pages", async () => {
    const { inquiries, strategist, clock } = await engineWith();
    for (let i = 1; i <= 5; i += 1) {
      await strategist.onSignal(signalNumber(i), 1);
      await clock.run(NOON + i * 100);
    }
    const all = await inquiries.list({ limit: 10 });
    expect(all.items.map((one) => one.signal_id)).toEqual([5, 4, 3, 2, 1].map((i) => `signal-${i}`));
    const first = await inquiries.list({ limit: 2 });
    const second = await inquiries.list({ limit: 2, cursor: first.next_cursor });
    expect(second.items.map((one) => one.signal_id)).toEqual(["signal-3", "signal-2"]);
    const opened = await inquiries.list({ limit: 2, action: "open" });
    expect(opened.items.map((one) => one.signal_id)).toEqual(["signal-1"]);
    const { reason } = all.items[0]!.decision;
    const ended = await inquiries.list({ limit: 9, reason });
    expect(ended.items).toEqual(all.items.filter((one) => one.decision.reason === reason));
    expect([ended.items.length > 0, ended.items.length < 5]).toEqual([true, true]);
    const window = await inquiries.list({
      limit: 9,
      from_ts: NOON + 100,
      to_ts: NOON + 300,
      instrument: "FUT:BTCUSDT",
    });
    expect(window.items.map((one) => one.ts)).toEqual([NOON + 200, NOON + 100]);
    expect((await inquiries.list({ limit: 9, strategy_id: "gone" })).items).toEqual([]);
  });

  test("tell their story at once, written or not, with why the router did not take it", async () => {
    const { inquiries, strategist, clock } = await engineWith({ router: () => new Problem("BUDGET", "no room") });
    await strategist.onSignal(signalWith(), 1);
    expect((await inquiries.story("0123456789abcdef")).decision.action).toBe("open");
    await clock.run(NOON + 100);
    expect((await inquiries.story("0123456789abcdef")).not_taken).toMatchObject({ code: "BUDGET", tries: 1 });
    expect(await codeOf(inquiries.story("gone"))).toBe("NOT_FOUND");
  });

  test("tell what they were made from as it read then, whatever is in force now", async () => {
    const { inquiries, strategist, surroundings, stores, clock } = await engineWith();
    await write(stores, signalsSeen, signalWith());
    await strategist.onSignal(signalWith(), 1);
    surroundings.swap(viewWith({ rev: 8, ...strategyWith({ long: { f: "obi_5", op: ">", v: 0.9 } }) }));
    await clock.run(NOON + 100);
    expect((await inquiries.story("0123456789abcdef")).basis).toEqual({
      trigger: signalWith().trigger,
      title: "",
      long: { f: "obi_5", op: ">", v: 0.5 },
      short: { f: "obi_5", op: "<", v: -0.5 },
      rules: [],
    });
  });

  test("tell what a program remembered before: the state that its decision before had left", async () => {
    const { inquiries, stores } = await engineWith();
    const said = (signal_id: string, ts: number, state: unknown, hash = "a") => ({
      ...undecidable(signalNumber(0), "no_entry", ts),
      ...{ signal_id, program: { program_id: "quotes", hash, state } },
    });
    await write(stores, decisionsMade, said("one", NOON - 3, { asked: 1 }));
    await write(stores, decisionsMade, said("other", NOON - 2, { else: 1 }, "b"));
    await write(stores, decisionsMade, said("two", NOON - 1, { asked: 2 }));
    expect((await inquiries.story("two")).basis.state_before).toEqual({ asked: 1 });
    expect("state_before" in (await inquiries.story("one")).basis).toBe(false);
  });
});
