/** Lets an intent in: every check in order, then one commit of intent, first order, reservation and lineage. */
import type { IntentRecord } from "../../shared/collections/orders.ts";
import type { Decision } from "../../shared/domain/decision.ts";
import type { Instrument } from "../../shared/domain/instrument.ts";
import { zero } from "../../shared/domain/money.ts";
import { type Intent, isEntry, type OrderAnswer } from "../../shared/domain/order.ts";
import { asProblem, refuse } from "../../shared/errors.ts";
import type { HealthHeard } from "../../shared/health-heard.ts";
import { clientOrderId, digest } from "../../shared/keys.ts";
import type { Op } from "../../shared/kit/ports.ts";
import { AdmissionRules } from "../../shared/trading/execution/admission-rules.ts";
import * as checks from "../../shared/trading/execution/checks.ts";
import type { Costs } from "./costs.ts";
import { type Executor, linkOf } from "./execute.ts";
import type { KillSwitch } from "./kill.ts";
import { FIRST_LEGS } from "./lost-asks.ts";
import type { MarketView } from "./market.ts";
import type { Change, OrdersBook } from "./orders-book.ts";
import { isOutside } from "./outside.ts";
import type { SharedBudget } from "./shared-budget.ts";
import type { Ports } from "./types.ts";
import type { Venue } from "./venue.ts";

interface Parts {
  readonly ports: Ports;
  readonly book: OrdersBook;
  readonly market: MarketView;
  readonly kill: KillSwitch;
  readonly venue: Venue;
  readonly executor: Executor;
  readonly health: HealthHeard;
  readonly costs: Costs;
  /** None where this router alone takes from the budget: then its own books are all there is to know. */
  readonly sharedBudget: SharedBudget | undefined;
  /** Starts the work on an admitted intent. */
  poke(intentId: string): void;
  /** False until our books have met the exchange's once. */
  reconciled(): boolean;
  /** The client id under which its first order left before the books were restored, if it did. */
  leftAs(intent: Intent): Promise<string | undefined>;
}

export class Admission {
  private readonly parts: Parts;
  private readonly rules: AdmissionRules;
  private readonly startedAt: number;

  constructor(parts: Parts) {
    this.parts = parts;
    this.startedAt = parts.ports.clock.now();
    this.rules = new AdmissionRules({ ...parts, intents: parts.executor.rules });
  }

  /**
   * Executes an intent once. A repeat gets the first answer; another body under the same id is KEY_REUSED; one whose
   * first request still runs is STILL_RUNNING.
   */
  async place(intent: Intent, decision?: Decision): Promise<OrderAnswer> {
    this.parts.book.mustBeWhole();
    const hash = digest(JSON.stringify(intent));
    const { book, ports } = this.parts;
    const running = this.rules.admitting.get(intent.intent_id);
    if (running) return this.repeat(running.hash, hash, undefined);
    this.rules.admitting.set(intent.intent_id, this.rules.slotOf(intent, hash));
    try {
      const known = await this.known(intent);
      if (known && isOutside(known)) refuse("EXPIRED_INTENT", "it was carried out before the books were restored");
      if (known) return this.repeat(known.body_hash, hash, known.first_answer ?? known.answer);
      await this.admit(intent, { hash, decision });
      await book.until(() => this.rules.isAnswered(intent.intent_id), ports.settings.answerWaitMs);
      return await this.firstAnswer(intent);
    } finally {
      this.rules.admitting.delete(intent.intent_id);
    }
  }

  /**
   * Admits without waiting for the exchange: what the router itself asks. False: it is known already, or left before
   * the books were restored; another id is needed then.
   */
  async admitOwn(intent: Intent): Promise<boolean> {
    if (this.rules.admitting.has(intent.intent_id) || (await this.known(intent))) return false;
    if ((await this.parts.leftAs(intent)) !== undefined) return false;
    await this.admit(intent, { hash: digest(JSON.stringify(intent)), decision: undefined });
    return true;
  }

  /** What an earlier request of it has left. Where the store cannot tell of an exit, the exchange is asked. */
  private async known(intent: Intent): Promise<IntentRecord | undefined> {
    try {
      return await this.parts.book.ensure(intent.intent_id);
    } catch (error) {
      if (isEntry(intent.kind) || asProblem(error).code !== "UNAVAILABLE") throw error;
      await this.mustBeUnsent(intent);
      return undefined;
    }
  }

  /** Client ids are made of intent and leg: an exit that was carried out before has left its first one there. */
  private async mustBeUnsent({ intent_id, instrument }: Intent): Promise<void> {
    const { ports, venue } = this.parts;
    for (const leg of FIRST_LEGS) {
      const client_order_id = clientOrderId(ports.settings.installationTag, intent_id, leg);
      const ref = { account: ports.account, instrument, client_order_id, conditional: false };
      const said = await venue.ask(instrument, (options) => venue.calls.queryOrder(ref, options));
      if (said.kind === "refused" && said.problem.code === "NOT_FOUND") continue;
      const why = said.kind === "answered" ? "it was sent before" : "nobody can tell whether it was sent before";
      refuse("UNAVAILABLE", `${why}, and the store is away`, { retryAfterMs: 1_000 });
    }
  }

  private repeat(first: string, now: string, answer: OrderAnswer | undefined): OrderAnswer {
    if (first !== now) refuse("KEY_REUSED", "this intent_id was used with another body");
    return (
      answer ?? refuse("STILL_RUNNING", "the first request with this intent_id is still running", { retryAfterMs: 500 })
    );
  }

  private async firstAnswer(intent: Intent): Promise<OrderAnswer> {
    const { book } = this.parts;
    await book.change(intent.instrument, () => {
      const current = book.intent(intent.intent_id);
      return current && { intents: [{ ...current, first_answer: current.answer }] };
    });
    const record = book.intent(intent.intent_id);
    return record?.first_answer ?? refuse("INTERNAL", "the intent is gone");
  }

  private async admit(intent: Intent, { hash, decision }: { hash: string; decision: Decision | undefined }) {
    const { ports, book, sharedBudget, poke } = this.parts;
    if (intent.account !== ports.account) refuse("NOT_FOUND", `there is no account ${intent.account} here`);
    if (!ports.shard.owns(intent.instrument)) refuse("NOT_OWNER", `${intent.instrument} is another shard's`);
    checks.checkShape(intent);
    await this.learn(intent);
    const left = await this.parts.leftAs(intent);
    if (left !== undefined) refuse("EXPIRED_INTENT", `${left} left before the books were restored`);
    const listing = isEntry(intent.kind) ? this.entryMayPass(intent) : this.rules.listed(intent);
    if (isEntry(intent.kind)) this.mustHaveHeard(intent);
    const plan = this.rules.plan(intent, listing, decision);
    const { reserved, notional } = isEntry(intent.kind)
      ? this.rules.reserve(intent, plan, listing)
      : { reserved: zero, notional: zero };
    const slot = this.rules.admitting.get(intent.intent_id);
    if (slot) Object.assign(slot, { reserved, notional });
    const store = () => {
      const record = this.rules.recordOf(intent, { hash, decision, plan, reserved });
      return book.change(intent.instrument, () => this.firstChange(record), "full");
    };
    if (sharedBudget && isEntry(intent.kind))
      await sharedBudget.within(intent, reserved, () => this.still(intent, store));
    else await store();
    if (slot) Object.assign(slot, { reserved: zero, notional: zero });
    poke(intent.intent_id);
  }

  /** Prices come several a second: after a start, or a hand-over, the first is a moment away. */
  private mustHaveHeard({ instrument }: Intent): void {
    const { market, ports } = this.parts;
    if (market.touch(instrument) || ports.clock.now() - this.startedAt > ports.settings.tickerAgeMsMax) return;
    refuse("NOT_READY", `no price of ${instrument} has been heard since the start`, { retryAfterMs: 250 });
  }

  /** Others may have heard of its revision sooner, and an exit's may be an old one: getting out does not wait for it. */
  private async learn({ config_rev, kind }: Intent): Promise<void> {
    if (config_rev === undefined) return;
    const known = await this.parts.ports.learn(config_rev).catch((error: unknown) => {
      if (isEntry(kind)) throw error;
    });
    if (!known && isEntry(kind)) refuse("RULE", `there is no config revision ${config_rev}`);
  }

  /** Reserving has taken a moment: what was allowed before must be so still. */
  private still<T>(intent: Intent, store: () => Promise<T>): Promise<T> {
    this.entryMayPass(intent);
    return store();
  }

  /** What only entries must pass, in the documented order. */
  private entryMayPass(intent: Intent): Instrument {
    const { ports, kill, venue } = this.parts;
    if (!kill.entriesAllowed()) refuse("KILL_SWITCH", kill.reason());
    if (!this.parts.reconciled())
      refuse("NOT_READY", "no entries before the first reconciliation", { retryAfterMs: 1_000 });
    const away = ports.noEntries();
    if (away !== undefined) refuse("UNAVAILABLE", `no entries now: ${away}`, { retryAfterMs: 1_000 });
    const unwell = this.parts.health.noEntries;
    if (unwell !== undefined) refuse("WRONG_STATE", `${unwell}: no entries`);
    const listing = this.rules.entryMayPass(intent);
    const breaker = venue.breakerOpensIn();
    if (breaker > 0)
      refuse("UNAVAILABLE", "the breaker is open: too many exchange calls fail", { retryAfterMs: breaker });
    return listing;
  }

  private firstChange(record: IntentRecord): Change {
    const change = this.rules.firstChange(record);
    const { signal_id } = record.intent;
    const ops: Op[] =
      signal_id === undefined
        ? []
        : [{ op: "link", child: `intents/${record.intent_id}`, parent: `signals/${signal_id}` }];
    return { ...change, ops: [...ops, ...(change.orders ?? []).map(linkOf)] };
  }
}
