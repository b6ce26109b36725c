/** Revisions told apart by every figure, put in force one after the other by S10's own record of what is in force. */

import { z } from "@hono/zod-openapi";
import { InForce } from "../../services/s10-config/in-force.ts";
import { put } from "../../shared/changes.ts";
import { type BundleRecord, configActive, configBundles } from "../../shared/collections/config.ts";
import { config } from "../../shared/contracts.ts";
import { Bundle, type BundleView } from "../../shared/domain/bundle.ts";
import { canonicalHash } from "../../shared/domain/canonical.ts";
import { assert } from "../../shared/errors.ts";
import type { Op, Random } from "../../shared/kit/ports.ts";
import { answers, defineService, type Service } from "../../shared/kit/service.ts";
import { configEvents } from "../../shared/streams.ts";

export const INSTRUMENTS = ["FUT:BTCUSDT", "SPOT:ETHUSDT"];
export const STRATEGIES = ["first", "second", "third"];
/** Within it all triggers of an instrument belong to one arm. */
export const SLOT_MS = 1_000;

/** Three strategies that look at every second's close and enter wherever the book leans; trades end after seconds. */
export function bundleOf(rev: number, content: number): Bundle {
  const nth = content / 10_000;
  return Bundle.parse({
    ...{ format: 1, bundle_id: "told-apart", rev, note: `content ${content}` },
    factors: ["mid", "spread_bps", "depth_top1_usdt", "obi_5", "atr_14_1s", "regime", "funding_rate"],
    instruments: INSTRUMENTS.map((instrument) => ({
      ...{ instrument, spread_bps_max: 20 + nth, depth_top1_usdt_min: 1 + nth },
    })),
    strategies: STRATEGIES.map((strategy_id) => ({
      ...{ strategy_id, instruments: INSTRUMENTS, triggers: [{ kind: "bar", timeframe: "1s" }] },
      ...{ long: { f: "obi_5", op: ">", v: 0 }, short: { f: "obi_5", op: "<=", v: 0 } },
    })),
    rules: [
      {
        ...{ rule_id: `rule-${content}`, when: { f: "side", op: "in", v: [1, -1] } },
        effect: { size_mult: 0.6 + nth, sl_mult: 2 + nth, tp_mult: 1 + nth, max_adds_override: content % 3 },
      },
    ],
    flags: {
      sizing: {
        ...{
          margin_usdt: (20 + nth).toFixed(4),
          atr: "atr_14_1s",
          stop_atrs: { FROZEN: 9 + nth, NORMAL: 9 + nth, EXTREME: 9 + nth },
        },
        ...{
          loss_cap_usdt: (1 + nth).toFixed(4),
          take_profit_roe: 0.1 + nth,
          spot_notional_usdt: (100 + nth).toFixed(4),
        },
      },
      position: { break_even_roe: 0.05 + nth, stagnate_ms: 2_000 + content, stagnate_roe: 9 + nth },
      execution: {
        ...{ maker_wait_ms: 200 + content, maker_wait_add_ms: { FROZEN: 0, NORMAL: 0, EXTREME: 0 } },
        ...{ entry_valid_ms: 3_000 + content, taker_fee: 0.0005 + nth / 10, spot_taker_fee: 0.001 + nth / 10 },
      },
      risk: {
        budget_usdt: "5000",
        daily_loss_usdt_max: (4_000 + nth).toFixed(4),
        losses_in_row_max: 5_000 + content,
        features_age_ms_max: 3_000 + content,
      },
    },
  });
}

/** S10 without its promotions: what is in force, told and kept as it is, and changed by whoever has the desk. */
export class ConfigDesk {
  /** Every revision there ever was. */
  readonly views = new Map<number, BundleView>();
  /** The pair of each promotion: its stable revision and its canary's. */
  readonly arms = new Map<string, readonly [stable: number, canary: number]>();
  private inForce: InForce | undefined;
  private highest = 0;

  /** In place of the config service. */
  services(all: readonly Service[]): Service[] {
    return [...all.filter(({ id }) => id !== config.id), this.service()];
  }

  private service(): Service {
    return defineService({
      ...{ id: config.id, name: "s10-config", title: "Config Service", port: 8090, usesConfig: false },
      ...{ settings: z.object({}), calls: {}, emits: [configEvents], owns: [configBundles, configActive] },
      setup: (ctx) => {
        const mine = new InForce({ store: ctx.store, clock: ctx.clock, audit: (entry) => ctx.audit(entry) });
        return {
          start: async () => {
            this.inForce = mine;
            if (await mine.load()) return;
            const stable = this.draft(1);
            await mine.change({ kind: "PROMOTE", actor: "test", what: "begin", stable, also: [kept(stable)] });
          },
          verbs: [
            answers(config.methods.getActive, {
              ...{ name: "getActive", summary: "What is in force" },
              run: () => ({ ...mine.current() }) as never,
            }),
          ],
        };
      },
    });
  }

  /** A new revision with this content; contents come again, revisions never do. */
  draft(content: number): BundleView {
    this.highest += 1;
    const bundle = bundleOf(this.highest, content);
    const { rev: _, ...rest } = bundle;
    const view = { rev: bundle.rev, bundle_id: bundle.bundle_id, hash: canonicalHash(rest), bundle };
    this.views.set(view.rev, view);
    return view;
  }

  bundle(rev: number): Bundle {
    const view = this.views.get(rev);
    assert(view, `revision ${rev} was made here`);
    return view.bundle;
  }

  /** One of what promotions do: begins a canary, widens it, lets it hold for all, ends it, or goes back to old content. */
  async change(random: Random, content: number): Promise<void> {
    const { inForce } = this;
    const active = inForce?.now();
    if (!inForce || !active) return;
    const { canary } = active;
    const change = { actor: "test", what: "change", also: [] as Op[] };
    if (canary && random.int(3) > 0) {
      const { promotion_id, traffic_pct, slot_ms, until, ...stable } = canary;
      if (random.int(2) > 0) return inForce.change({ ...change, kind: "PROMOTE", stable, promotion_id });
      if (traffic_pct === 50) return inForce.change({ ...change, kind: "ROLLBACK", promotion_id });
      const wider = { ...stable, promotion_id, slot_ms, until, traffic_pct: 50 };
      return inForce.change({ ...change, kind: "PROMOTE", canary: wider, promotion_id });
    }
    if (random.int(3) === 0) {
      const stable = this.draft(1 + random.int(content));
      return inForce.change({ ...change, kind: "ROLLBACK", stable, also: [kept(stable)] });
    }
    const view = this.draft(content);
    const promotion_id = `promotion-${view.rev}`;
    const split = { promotion_id, traffic_pct: 10 + random.int(30), slot_ms: SLOT_MS, until: Number.MAX_SAFE_INTEGER };
    this.arms.set(promotion_id, [active.rev, view.rev]);
    return inForce.change({
      ...change,
      kind: "PROMOTE",
      canary: { ...view, ...split },
      promotion_id,
      also: [kept(view)],
    });
  }
}

function kept({ rev, bundle_id, hash, bundle }: BundleView): Op {
  const record: BundleRecord = { rev, bundle_id, hash, bundle, status: "ACTIVE", author: "test", created_at: 0 };
  return put(configBundles, record);
}
