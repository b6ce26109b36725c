import { describe, expect, test } from "bun:test";
import { openStore } from "../../shared/adapters/sqlite.ts";
import { put } from "../../shared/changes.ts";
import { labels12h, labels24h } from "../../shared/collections/labels.ts";
import { decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import { COLLECTIONS } from "../../shared/collections.ts";
import type { Signal } from "../../shared/domain/decision.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { SeenSignal } from "../../shared/simulation/weigher.ts";
import { strategyWith, viewWith } from "../../shared/trading/decision/decision.fixture.ts";
import { beginOfNewest, SignalPages } from "./signal-pages.ts";
import { decisionOn, labelOf, NOW, pastSignals } from "./simulations.fixture.ts";

const clock = { sleep: async () => {} };
const WINDOW = { from_ts: 0, to_ts: NOW };

async function storeOf(signals: readonly Signal[], labelled: readonly Signal[] = []) {
  const open = (owner: ServiceId) =>
    openStore({ path: ":memory:", owner, collections: COLLECTIONS, others: (other) => others[other as "s02"] });
  const others: Record<string, ReturnType<typeof openStore>> = {};
  for (const owner of ["s02", "s03", "s07"] as const) others[owner] = open(owner);
  await others.s02!.commit(signals.map((each) => put(signalsSeen, each)));
  await others.s07!.commit(labelled.map((each) => put(labels12h, labelOf(each, 0.1))));
  return { store: open("s10"), others, clock };
}

async function all(pages: SignalPages): Promise<SeenSignal[][]> {
  const found: SeenSignal[][] = [];
  for (let page = await pages.next(); page; page = await pages.next()) found.push(page);
  return found;
}
const bundles = [viewWith().bundle];
const idsOf = (pages: SeenSignal[][]) => pages.flat().map(({ signal }) => signal.signal_id);

describe("signals of the past", () => {
  test("come in order of time, each once, however many are of one moment", async () => {
    // Of every moment 130: more than a page has.
    const made = pastSignals(650).map((signal, i) => ({ ...signal, ts: NOW - 10_000 + Math.floor(i / 130) }));
    const ports = await storeOf(made);
    const pages = await all(new SignalPages(ports, { window: WINDOW, horizons: [], bundles }));
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(100);
    expect(idsOf(pages)).toEqual(made.map(({ signal_id }) => signal_id));
  });

  test("are those of the window, its end not included, and of the instruments asked", async () => {
    const made = pastSignals(10).map((signal, i) => ({
      ...signal,
      ts: i,
      instrument: i % 2 ? "SPOT:BTCUSDT" : "FUT:BTCUSDT",
    }));
    const ports = await storeOf(made as Signal[]);
    const read = async (window: typeof WINDOW, instruments?: string[]) =>
      (await all(new SignalPages(ports, { window, instruments, horizons: [], bundles })))
        .flat()
        .map(({ signal }) => signal.ts);
    expect(await read({ from_ts: 2, to_ts: 6 })).toEqual([2, 3, 4, 5]);
    expect(await read({ from_ts: 0, to_ts: 9 }, ["SPOT:BTCUSDT"])).toEqual([1, 3, 5, 7]);
    expect(await read({ from_ts: 20, to_ts: 30 })).toEqual([]);
  });

  test("bring their labels of the horizons asked, and none of another", async () => {
    const made = pastSignals(300);
    const ports = await storeOf(made, made.slice(0, 250));
    await ports.others.s07!.commit([put(labels24h, { ...labelOf(made[0]!, -0.2), horizon_h: 24 })]);
    const pages = await all(new SignalPages(ports, { window: WINDOW, horizons: ["12h", "24h"], bundles }));
    const found = pages.flat();
    expect(found.filter(({ labels }) => labels["12h"])).toHaveLength(250);
    expect(found[0]!.labels).toEqual({
      "12h": { side: "BUY", roi_net: 0.1, leverage: 20 },
      "24h": { side: "BUY", roi_net: -0.2, leverage: 20 },
    });
    const only = await all(new SignalPages(ports, { window: WINDOW, horizons: ["24h"], bundles }));
    expect(only.flat().flatMap(({ labels }) => Object.keys(labels))).toEqual(["24h"]);
  });

  test("bring what the model said where a revision has one, and else nothing of decisions", async () => {
    const hash = "d".repeat(64);
    const judged = viewWith(strategyWith({ model: { model_id: "m", hash, cutoffs: [{ p_min: 0, size_mult: 1 }] } }));
    const made = pastSignals(30);
    const ports = await storeOf(made);
    await ports.others.s03!.commit(made.map((each) => put(decisionsMade, decisionOn(each, judged))));
    const read = async (view = viewWith()) =>
      (await all(new SignalPages(ports, { window: WINDOW, horizons: [], bundles: [view.bundle] }))).flat();
    expect((await read()).filter(({ model }) => model)).toEqual([]);
    const asked = (await read(judged)).filter(({ model }) => model);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked[0]!.model).toEqual({ hash, p: null, trouble: "missing" });
  });

  test("tell when the newest of them began, and no further back than asked", async () => {
    const made = pastSignals(500);
    const ports = await storeOf(made);
    expect(await beginOfNewest(ports, 250, 0)).toBe(made[250]!.ts);
    expect(await beginOfNewest(ports, 500, 0)).toBe(made[0]!.ts);
    expect(await beginOfNewest(ports, 501, 0)).toBe(0);
    expect(await beginOfNewest(ports, 250, made[400]!.ts)).toBe(made[400]!.ts);
    expect(await beginOfNewest(await storeOf([]), 250, 5)).toBe(5);
  });
});
