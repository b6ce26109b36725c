/** Answers people who ask for a decision, or for the story of one. */
import { intents } from "../../shared/collections/orders.ts";
import { decisionOutcomes, decisionsMade, signalsSeen } from "../../shared/collections/signals.ts";
import type { Decision, FeatureSet, Signal } from "../../shared/domain/decision.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import { entryIntentId, signalId } from "../../shared/keys.ts";
import type { Clock, Query, Store } from "../../shared/kit/ports.ts";
import { shardOf } from "../../shared/kit/shard.ts";
import { whereOf } from "../../shared/paging.ts";
import type { CompiledBundle } from "../../shared/trading/decision/compiled.ts";
import { basisOf } from "./basis.ts";
import { readRuleHits } from "./rule-hits.ts";
import type { Strategist } from "./strategist.ts";
import type { Surroundings } from "./surroundings.ts";
import type {
  DecideAnswer,
  DecideBatchAnswer,
  DecideBatchRequest,
  DecideRequest,
  DecisionListAnswer,
  DecisionListRequest,
  DecisionStory,
  RuleHitsAnswer,
  RuleHitsRequest,
} from "./types.ts";
import type { WriteBehind } from "./write-behind.ts";

/** Pages looked through for one action or reason before the caller is asked to go on with the cursor. */
const PAGES_MAX = 10;
const NO_REVISION = "No config revision has arrived yet.";

export interface InquiryParts {
  account: string;
  store: Store;
  clock: Clock;
  strategist: Strategist;
  surroundings: Surroundings;
  writer: WriteBehind;
}

/** Whose shard decides: a signal's own instrument, else the one that is named; undefined for a signal nobody knows. */
export async function instrumentAsked(
  { signal_id, instrument }: Pick<DecideRequest, "signal_id" | "instrument">,
  store: Pick<Store, "get">,
): Promise<InstrumentId | undefined> {
  return signal_id === undefined ? instrument : (await store.get(signalsSeen, signal_id))?.value.instrument;
}

/** Of what all shards answered to the same questions, in their order: each one's from the shard of its instrument. */
export function eachFromItsShard(answers: readonly DecideBatchAnswer[]): DecideBatchAnswer {
  const [first] = answers as [DecideBatchAnswer];
  const items = first.items.map((item, i) => {
    const told = answers.map((answer) => answer.items[i]).find((each) => each?.ok);
    return (told?.ok && answers[shardOf(told.decision.instrument, answers.length)]?.items[i]) || item;
  });
  return { items };
}

export class Inquiries {
  private readonly parts: InquiryParts;
  constructor(parts: InquiryParts) {
    this.parts = parts;
  }

  /**
   * A past signal is rehearsed as of its own time, with the account as it is now. A real one is decided as of now, so
   * that the guards on age hold. 404 for an unknown signal or revision, 409 for a real decision on a
   * signal that has one or by a revision that is not in force, 422 for features that are missing or stale.
   */
  async decide(request: DecideRequest): Promise<DecideAnswer> {
    const { clock, strategist } = this.parts;
    const compiled = await this.revision(request.config_rev);
    const signal =
      request.signal_id === undefined ? this.madeUp(request, compiled) : await this.past(request.signal_id);
    if (request.dry_run) {
      const at = request.signal_id === undefined ? clock.now() : signal.ts;
      return { ...(await strategist.rehearse(signal, compiled, at)), dry_run: true };
    }
    const { rev } = compiled;
    // What trades has passed the gates of a promotion.
    if (!this.parts.surroundings.isInForce(rev))
      refuse("WRONG_STATE", `Revision ${rev} is not in force: it can only be rehearsed (dry_run).`);
    const known = await this.find(signal.signal_id);
    const done = known ? undefined : await strategist.once(signal, () => this.act(signal, compiled));
    if (!done) {
      refuse("WRONG_STATE", `Signal ${signal.signal_id} is decided already; see GET /decisions/${signal.signal_id}.`);
    }
    const { decision, answers } = done;
    const orders = answers.map((answer) => {
      if (answer instanceof Error) throw answer;
      return answer;
    });
    return { ...decision, dry_run: false, orders };
  }

  private async act(signal: Signal, compiled: CompiledBundle) {
    const { strategist, writer } = this.parts;
    const decision = await strategist.decideNow(signal, compiled);
    writer.add(decision);
    const placed = strategist.place(decision);
    await strategist.settleState(decision);
    return { decision, answers: await Promise.all(placed) };
  }

  /** Each for itself, one after the other. */
  async decideAll({ items }: DecideBatchRequest): Promise<DecideBatchAnswer> {
    const answers: DecideBatchAnswer["items"] = [];
    for (const item of items) {
      try {
        answers.push({ ok: true, decision: await this.decide(item) });
      } catch (error) {
        const { code, message, status } = asProblem(error);
        // What is wrong with one question is its own; what is wrong with us is everybody's.
        if (status >= 500) throw error;
        answers.push({ ok: false, code, detail: message });
      }
    }
    return { items: answers };
  }

  /** Newest first. Where `action` or `reason` is asked for, a page may hold fewer than `limit`. */
  async list(request: DecisionListRequest): Promise<DecisionListAnswer> {
    const { instrument, strategy_id, action, reason, from_ts, to_ts, limit } = request;
    const ts = { ...(from_ts !== undefined && { gte: from_ts }), ...(to_ts !== undefined && { lt: to_ts }) };
    const where = whereOf({ instrument, strategy_id, ...(Object.keys(ts).length > 0 && { ts }) });
    let cursor = request.cursor;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const query: Query = { where, sort: { field: "ts", order: "desc" }, limit, ...(cursor && { cursor }) };
      const page = await this.parts.store.query(decisionsMade, query);
      const all = page.items.map((row) => row.value);
      const items = all.filter(
        ({ decision }) =>
          (action === undefined || decision.action === action) && (reason === undefined || decision.reason === reason),
      );
      cursor = page.next_cursor;
      if (cursor === undefined) return { items };
      if (items.length > 0) return { items, next_cursor: cursor };
    }
    return { items: [], ...(cursor !== undefined && { next_cursor: cursor }) };
  }

  async story(signal_id: string): Promise<DecisionStory> {
    const { store } = this.parts;
    const decision = await this.find(signal_id);
    if (!decision) return refuse("NOT_FOUND", `There is no decision about signal ${signal_id}.`);
    const notTaken = await store.get(decisionOutcomes, signal_id);
    const intent = await store.get(intents, entryIntentId(signal_id, "entry"));
    return {
      ...decision,
      basis: await basisOf(this.parts, decision),
      ...(notTaken && { not_taken: notTaken.value }),
      ...(intent && { order: intent.value.answer }),
    };
  }

  ruleHits(request: RuleHitsRequest): Promise<RuleHitsAnswer> {
    return readRuleHits(this.parts, request);
  }

  private async find(signal_id: string): Promise<Decision | undefined> {
    const { store, writer } = this.parts;
    return writer.unwritten(signal_id) ?? (await store.get(decisionsMade, signal_id))?.value;
  }

  private async revision(rev: DecideRequest["config_rev"]): Promise<CompiledBundle> {
    const { surroundings } = this.parts;
    if (rev === "CURRENT") return surroundings.current() ?? refuse("NOT_READY", NO_REVISION, { retryAfterMs: 1_000 });
    return (await surroundings.revision(rev)) ?? refuse("NOT_FOUND", `There is no config revision ${rev}.`);
  }

  private async past(signal_id: string): Promise<Signal> {
    const row = await this.parts.store.get(signalsSeen, signal_id);
    return row?.value ?? refuse("NOT_FOUND", `There is no signal ${signal_id}.`);
  }

  private madeUp(request: DecideRequest, compiled: CompiledBundle): Signal {
    const instrument = request.instrument ?? refuse("INVALID", "Name an instrument.");
    const strategy_id = request.strategy_id ?? strategyFor(instrument, compiled);
    if (!compiled.strategies.has(strategy_id)) refuse("NOT_FOUND", `There is no strategy ${strategy_id}.`);
    const features = this.features(request, instrument, compiled);
    return {
      signal_id: signalId(strategy_id, instrument, features.exch_ts),
      account: this.parts.account,
      strategy_id,
      instrument,
      trigger: { kind: "bar", what: "asked", exch_ts: features.exch_ts },
      features,
      ts: features.ts,
      config_rev: compiled.rev,
    };
  }

  private features(request: DecideRequest, instrument: InstrumentId, compiled: CompiledBundle): FeatureSet {
    const now = this.parts.clock.now();
    const latest = this.parts.surroundings.latest.get(instrument);
    if (request.features) {
      const mid = request.features.mid;
      const fallback = typeof mid === "number" ? String(mid) : undefined;
      const bid = request.bid ?? latest?.bid ?? fallback;
      const ask = request.ask ?? latest?.ask ?? fallback;
      const given = { instrument, ts: now, exch_ts: now, values: request.features, stale: false, quality: ["given"] };
      return {
        ...given,
        config_rev: compiled.rev,
        ...(bid !== undefined && { bid }),
        ...(ask !== undefined && { ask }),
      };
    }
    if (!latest) return refuse("STALE_FEATURES", `No features of ${instrument} have arrived yet.`);
    const age = now - latest.ts;
    const limit = compiled.bundle.flags.risk.features_age_ms_max;
    if (latest.stale || age > limit) {
      const why = latest.stale ? `marked stale (${latest.quality.join(", ")})` : `${Math.round(age)} ms old`;
      refuse("STALE_FEATURES", `The features of ${instrument} are ${why}; the limit is ${limit} ms.`);
    }
    return latest;
  }
}

function strategyFor(instrument: InstrumentId, compiled: CompiledBundle): string {
  const found = [...compiled.strategies.values()].find(
    ({ strategy }) => strategy.enabled && strategy.instruments.includes(instrument),
  );
  return found?.strategy.strategy_id ?? refuse("NOT_FOUND", `No enabled strategy trades ${instrument}.`);
}
