import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { put, remove } from "../../shared/changes.ts";
import { type AutopsyReport, autopsyReports, reportBlob } from "../../shared/collections/autopsy.ts";
import { configBundles } from "../../shared/collections/config.ts";
import { fills } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import { dec, neg, show } from "../../shared/domain/money.ts";
import { Desk, FUT, SPOT } from "./desk.fixture.ts";
import { readAll } from "./pages.ts";
import { whileRunning } from "./requests.ts";

setDefaultTimeout(180_000);
const MINUTE_MS = 60_000;
const PASSWORD = "correct-horse-1";
const ENV = { CHIMERA_ADMIN_PASSWORD: PASSWORD };

/** Trades by the shipped strategies and by hand until some are closed, and reports have been made of them. */
async function traded(): Promise<Desk> {
  const desk = await Desk.open({
    seed: "autopsy",
    strategies: true,
    canCrash: true,
    instruments: [FUT, SPOT],
    env: ENV,
  });
  await desk.sim.advance(90_000);
  await desk.answered(desk.exit(FUT));
  await desk.sim.advance(10_000);
  desk.sim.market.stop();
  await desk.sim.advance(4 * MINUTE_MS);
  return desk;
}

type Answer = { report_id: string; hash: string; is_new: boolean; revision: number; url: string; tl_dr: string };
/** As a browser asks the gateway. */
async function shown(desk: Desk, trade_id: string): Promise<Response> {
  const gateway = desk.sim.services.hosted.get("s12")!;
  const ask = (path: string, init: RequestInit) =>
    whileRunning(desk.sim.clock, gateway.fetch(new Request(`http://127.0.0.1:8092${path}`, init)));
  const body = JSON.stringify({ username: "admin", password: PASSWORD });
  const headers = { "content-type": "application/json" };
  const login = await ask("/auth/login", { method: "POST", headers, body });
  const { access_token } = (await login.json()) as { access_token: string };
  const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
  const path = `/api/v1/autopsy/${encodeURIComponent(trade_id)}/report`;
  return ask(path, { headers: { accept, authorization: `Bearer ${access_token}` } });
}
const make = (desk: Desk, trade_id: string, force_rebuild = false) =>
  desk.answered(desk.verb("s08", "makeAutopsy", { trade_id, force_rebuild })) as Promise<Answer>;

describe("reports of the whole system", () => {
  test("every closed trade gets one by itself, the same again, and what is missing is named", async () => {
    const desk = await traded();
    const { world } = desk.sim;
    const store = world.store("s08");
    const closed = await readAll(world.store("s06"), trades, { status: "CLOSED" });
    const old = closed.filter(({ closed_at }) => (closed_at ?? 0) < desk.sim.clock.now() - 3 * MINUTE_MS);
    expect(old.length).toBeGreaterThan(0);
    const reports = new Map((await readAll(store, autopsyReports)).map((report) => [report.trade_id, report]));
    const text = async ({ report_id }: AutopsyReport) =>
      new TextDecoder().decode((await world.blobs.get(reportBlob(report_id ?? "")))!);

    for (const trade of old) {
      const report = reports.get(trade.trade_id);
      expect(report).toMatchObject({ state: "READY", net_usdt: trade.pnl_usdt, missing: [], revision: 1 });
      const { costs, what_ifs } = (await desk
        .answered(desk.verb("s08", "readAutopsy", { trade_id: trade.trade_id }))
        .then((answer) => (answer as { facts: unknown }).facts)) as {
        costs: Record<string, string>;
        what_ifs: { kind: string; net_usdt: string }[];
      };
      const { realised_usdt: gross, fees_usdt: fees } = trade;
      expect(costs).toMatchObject({ gross, fees, funding: show(neg(dec(trade.funding_usdt))) });
      expect(what_ifs.find(({ kind }) => kind === "actual")?.net_usdt).toBe(trade.pnl_usdt);
      const page = await text(report!);
      expect(page).toStartWith("<!doctype html>");
      expect(page).not.toContain("<script");
      expect(page).toContain(trade.trade_id);
      expect(page).toContain(report!.facts_hash!);
      expect(page.match(/<svg /g)!.length).toBeGreaterThan(3);
    }

    const [trade] = old as [(typeof old)[number]];
    const before = reports.get(trade.trade_id)!;
    expect(await make(desk, trade.trade_id)).toMatchObject({ is_new: false, hash: before.hash!, revision: 1 });
    // Forced, and after a crash: made anew of the same inputs it has the same bytes.
    expect(await make(desk, trade.trade_id, true)).toMatchObject({ is_new: true, hash: before.hash!, revision: 1 });
    desk.sim.kill(["s08"], 2_000);
    await desk.sim.advance(8_000);
    expect(await make(desk, trade.trade_id)).toMatchObject({ is_new: false, hash: before.hash! });
    await store.commit([remove(autopsyReports, trade.trade_id)]);
    expect(await make(desk, trade.trade_id)).toMatchObject({ is_new: true, hash: before.hash! });

    // Through the gateway it keeps its own policy, in which nothing runs.
    const page = await shown(desk, trade.trade_id);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toStartWith("sandbox; default-src 'none'; style-src");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await page.text()).toBe(await text(before));

    // A fill that comes late makes it anew; one that is gone is named, and the report stays.
    const s04 = world.store("s04");
    const [fill] = await readAll(s04, fills, { trade_id: trade.trade_id });
    await s04.commit([put(fills, { ...fill!, slippage_bps: fill!.slippage_bps + 1 })]);
    const changed = await make(desk, trade.trade_id);
    expect(changed).toMatchObject({ is_new: true, revision: 2 });
    expect(changed.hash).not.toBe(before.hash!);
    await s04.commit([remove(fills, `${fill!.instrument}/${fill!.fill_id}`)]);
    expect(await make(desk, trade.trade_id)).toBe("RULE" as never);
    await s04.commit([put(fills, fill!)]);
    expect(await make(desk, trade.trade_id)).toMatchObject({ hash: before.hash!, revision: 3 });

    const s10 = world.store("s10");
    const [bundle] = await readAll(s10, configBundles, { rev: trade.config_rev });
    await s10.commit([remove(configBundles, `${bundle!.bundle_id}@${bundle!.rev}`)]);
    expect(await make(desk, trade.trade_id)).toBe("RULE" as never);
    await s10.commit([put(configBundles, bundle!)]);

    expect(await make(desk, "nobody")).toBe("NOT_FOUND" as never);
    const open = (await readAll(world.store("s06"), trades)).find(({ status }) => status === "ACTIVE");
    if (open) expect(await make(desk, open.trade_id)).toBe("WRONG_STATE" as never);
    expect(world.errors).toEqual([]);
  });
});
