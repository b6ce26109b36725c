/** A simulated installation at which a test trades by hand, with the venue's faults at hand and its books to compare. */

import { fills, holdings, intents, orders } from "../../shared/collections/orders.ts";
import { trades } from "../../shared/collections/trades.ts";
import { router } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { add, dec, show, sum, toStep, zero } from "../../shared/domain/money.ts";
import { type Intent, isTerminal, type OrderAnswer } from "../../shared/domain/order.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { asProblem } from "../../shared/errors.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import type { Principal } from "../../shared/kit/service.ts";
import type { Spans } from "../../shared/kit/spans.ts";
import { AgentsMarket } from "../venue/agents.ts";
import type { Venue } from "../venue/venue.ts";
import { readAll } from "./pages.ts";
import { openSimulation, type Simulation } from "./simulate.ts";

export const FUT = "FUT:BTCUSDT" as InstrumentId;
export const SPOT = "SPOT:BTCUSDT" as InstrumentId;

const ADMIN: Principal = { kind: "person", id: "tester", role: "admin" };
/** Until every service is ready and the books have met the venue's. */
const READY_MS = 6_000;
/** What the venue demanded last (`Retry-After`, a breath of reconnecting) may outlast its fault by this. */
const AFTERMATH_MS = 8_000;

export interface DeskOptions {
  seed: string;
  instruments?: readonly InstrumentId[];
  /** Trades by the shipped strategies too. */
  strategies?: boolean;
  canCrash?: boolean;
  storeTroubles?: boolean;
  /** What the bundle's flags say otherwise, group by group. */
  flags?: Readonly<Record<string, object>>;
  /** Epoch ms; the first moment of 2026 where none is named. */
  startsAt?: number;
  env?: Record<string, string | undefined>;
  spans?: Spans;
}

type Bundle = {
  instruments: { instrument: string }[];
  strategies: { instruments: string[] }[];
  flags: Record<string, object> & { risk: Record<string, unknown> };
};

/** A test may ask for more at once than anybody should hold. */
const ROOM = { exposure_instrument_usdt_max: "100000", exposure_total_usdt_max: "100000" };

async function bundleText(
  instruments: readonly string[],
  { strategies, flags }: { strategies: boolean; flags: NonNullable<DeskOptions["flags"]> },
): Promise<string> {
  const path = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);
  const bundle = Bun.YAML.parse(await Bun.file(path).text()) as Bundle;
  bundle.instruments = bundle.instruments.filter((row) => instruments.includes(row.instrument));
  bundle.strategies = strategies
    ? bundle.strategies
        .map((s) => ({ ...s, instruments: s.instruments.filter((each) => instruments.includes(each)) }))
        .filter((s) => s.instruments.length > 0)
    : [];
  bundle.flags.risk = { ...bundle.flags.risk, budget_usdt: "1000", ...ROOM };
  for (const [group, given] of Object.entries(flags)) bundle.flags[group] = { ...bundle.flags[group], ...given };
  return JSON.stringify(bundle);
}

export class Desk {
  readonly sim: Simulation;
  private unreachableUntil: { ms: number };
  private asked = 0;

  private constructor(sim: Simulation, unreachableUntil: { ms: number }) {
    this.sim = sim;
    this.unreachableUntil = unreachableUntil;
  }

  static async open({
    seed,
    instruments = [FUT],
    strategies = false,
    canCrash = false,
    storeTroubles = false,
    flags = {},
    ...rest
  }: DeskOptions): Promise<Desk> {
    const unreachable = { ms: 0 };
    const listings = defaultListings().filter((listing) => instruments.includes(listing.instrument));
    const sim = await openSimulation({
      seed,
      canCrash,
      storeTroubles,
      ...rest,
      bundleText: await bundleText(instruments, { strategies, flags }),
      market: async (clock, random) => new AgentsMarket({ clock, random, listings }),
      isReachable: (venue) => isFree(venue, unreachable, sim?.clock.now() ?? 0),
    });
    const desk = new Desk(sim, unreachable);
    await sim.advance(READY_MS);
    return desk;
  }

  get venue(): Venue {
    return this.sim.venue;
  }

  /** As the venue's admin API takes it. */
  async fault(body: object): Promise<void> {
    const { venue } = this.sim;
    const headers = { authorization: `Bearer ${venue.adminToken}` };
    const answer = await venue.rest("admin", { method: "POST", path: "/faults", headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(answer.body);
    const { for_ms = 0, retry_after_s = 0 } = body as { for_ms?: number; retry_after_s?: number };
    const until = this.sim.clock.now() + AFTERMATH_MS + for_ms + retry_after_s * 1_000;
    this.unreachableUntil.ms = Math.max(this.unreachableUntil.ms, until);
  }

  clearFaults(): void {
    this.venue.faults.clear();
    this.unreachableUntil.ms = Math.max(this.unreachableUntil.ms, this.sim.clock.now() + AFTERMATH_MS);
  }

  /** What the market asks now, in whole ticks of the instrument. */
  price(instrument: InstrumentId, factor = 1): string {
    const listing = this.venue.exchange.state.listings.get(instrument);
    if (!listing) throw new Error(`${instrument} is not listed`);
    const ticks = Math.round(Number(this.sim.market.mark(instrument)) * factor);
    return show((listing.tick * BigInt(ticks)) as typeof listing.tick);
  }

  /** An entry of about 300 USDT with its stop 1 % away and its target 2 %. */
  intent(instrument: InstrumentId, over: Partial<Intent> = {}): Intent {
    const side = over.side ?? "BUY";
    const dir = side === "BUY" ? 1 : -1;
    const base = {
      intent_id: `hand-${++this.asked}`,
      account: "main",
      instrument,
      kind: "ENTRY",
      side,
      notional_usdt: "300",
      type: "MARKET",
      working_type: "MARK_PRICE",
      reduce_only: false,
      leverage: 20,
      margin: "ISOLATED",
      stop_loss: { price: this.price(instrument, 1 - dir * 0.01) },
      take_profit: { price: this.price(instrument, 1 + dir * 0.02) },
    };
    return { ...base, ...over } as Intent;
  }

  /** Not awaited by the clock: look at the promise after advancing. Refusals come as their code. */
  place(intent: Intent): Promise<OrderAnswer | string> {
    const s04 = this.sim.services.hosted.get("s04");
    if (!s04) return Promise.resolve("UNAVAILABLE");
    const asking = s04.call(router.methods.placeOrder, { intent }, { kind: "service", id: "s03", role: "admin" });
    return (asking as Promise<OrderAnswer>).catch((error: unknown) => asProblem(error).code);
  }

  enter(instrument: InstrumentId, over: Partial<Intent> = {}): Promise<OrderAnswer | string> {
    return this.place(this.intent(instrument, over));
  }

  /** Asks a service as an admin would; refusals come as their code. */
  verb(id: ServiceId, name: string, input: unknown): Promise<unknown> {
    const service = this.sim.services.hosted.get(id);
    // Killed, and not up again yet.
    if (!service) return Promise.resolve("UNAVAILABLE");
    const verb = service.verbs.find((each) => each.name === name);
    if (!verb) throw new Error(`${id} has no verb ${name}`);
    const asked = { principal: ADMIN, signal: undefined, header: () => undefined };
    return Promise.resolve(verb.run(input as never, asked as never)).catch((error: unknown) => asProblem(error).code);
  }

  moveStop(instrument: InstrumentId, factor: number): Promise<unknown> {
    const stop_price = this.price(instrument, factor);
    const request = { instruments: [instrument], actions: ["SET_STOP"], stop_price, dry_run: false };
    return this.verb("s06", "managePositions", request);
  }

  exit(instrument: InstrumentId): Promise<unknown> {
    return this.verb("s06", "managePositions", { instruments: [instrument], actions: ["CLOSE"], dry_run: false });
  }

  /** Cancels what is left of every intent that still runs. */
  async cancelAll(): Promise<void> {
    const running = await readAll(this.sim.world.store("s04"), intents, { state: "RUNNING" });
    await this.answered(Promise.all(running.map(({ intent_id }) => this.verb("s04", "cancel", { intent_id }))));
  }

  kill(enable: boolean, mode: "HALT" | "CANCEL" | "FLATTEN" = "CANCEL"): Promise<unknown> {
    return this.verb("s12", "setKillSwitch", { enable, mode, reason: "a test" });
  }

  /** Runs until the answer is there; its time is the moment it came. */
  async answered<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const mark = () => {
      done = true;
    };
    work.then(mark, mark);
    await this.sim.clock.run(() => done);
    return work;
  }

  /** What is wrong once everything should have come to rest. */
  async troubles(): Promise<string[]> {
    const { invariants, errors } = await this.sim.summary();
    return [...invariants.violated, ...errors, ...(await this.unsettled())];
  }

  /** What is still open after everything was asked to be closed. */
  async leftovers(): Promise<string[]> {
    const positions = this.venue.positions().filter((position) => position.qty !== zero);
    const held = (await readAll(this.sim.world.store("s04"), holdings)).filter((holding) => holding.qty !== "0");
    const open = await readAll(this.sim.world.store("s06"), trades, { status: { in: ["ACTIVE", "PENDING_CLOSING"] } });
    return [
      ...positions.map((position) => `${position.instrument} is not flat: ${show(position.qty)}`),
      ...held.map((holding) => `${holding.instrument} holds ${holding.qty}`),
      ...open.map((trade) => `trade ${trade.trade_id} is ${trade.status}`),
    ];
  }

  private async unsettled(): Promise<string[]> {
    const s04 = this.sim.world.store("s04");
    const found: string[] = [];
    const kept = await readAll(s04, intents);
    for (const { intent_id, state } of kept) if (state === "RUNNING") found.push(`9: intent ${intent_id} still runs`);
    const held = await readAll(s04, holdings);
    const ours = new Map((await readAll(s04, orders)).map((order) => [order.client_order_id, order]));
    for (const { client_order_id, status } of ours.values()) {
      if (status === "PENDING" || status === "SENT") found.push(`9: order ${client_order_id} is ${status}`);
    }
    const filled = new Map<string, bigint>();
    for (const fill of await readAll(s04, fills)) {
      filled.set(fill.client_order_id, (filled.get(fill.client_order_id) ?? 0n) + dec(fill.qty));
    }
    for (const { client_order_id: id, filled_qty } of ours.values()) {
      if ((filled.get(id) ?? 0n) !== dec(filled_qty)) found.push(`4: ${id} has other fills than its ${filled_qty}`);
    }
    for (const holding of held) found.push(...this.uncovered(holding.instrument, holding.qty, holding.guard));
    const flat = held.every((holding) => holding.qty === "0");
    const reserved = add(sum(held.map((h) => dec(h.reserved_usdt))), sum(kept.map((i) => dec(i.reserved_usdt))));
    if (flat && reserved !== zero) found.push(`7: ${show(reserved)} is reserved for nothing`);
    for (const order of this.venue.orders()) {
      const known = ours.get(order.client_id);
      const open = order.status === "NEW" || order.status === "PARTIALLY_FILLED";
      if (open && known && isTerminal(known.status)) found.push(`4: ${order.client_id} is open, not ${known.status}`);
    }
    return found;
  }

  /** Protective orders against what is held: none too few, none left over. */
  private uncovered(instrument: string, qty: string, guard: boolean): string[] {
    const standing = instrument.startsWith("FUT:")
      ? this.venue.algos().filter((a) => a.instrument === instrument && a.status === "NEW")
      : this.venue.orders().filter((o) => o.instrument === instrument && o.status === "NEW" && o.list_id !== undefined);
    if (qty === "0") return standing.map((order) => `10: ${order.client_id} outlives its position on ${instrument}`);
    if (guard) return [];
    const listing = this.venue.exchange.state.listings.get(instrument as InstrumentId);
    const whole = toStep(dec(qty), listing?.step ?? dec(qty), "down");
    const stops = standing.filter((order) => order.type === "STOP_MARKET" || order.type === "STOP_LOSS_LIMIT");
    const covered = stops.length === 1 && stops[0]?.qty === whole;
    return covered
      ? []
      : [`10: ${instrument} holds ${qty}, stops: ${stops.map((s) => show(s.qty)).join(" ") || "none"}`];
  }
}

const isFree = (venue: Venue, { ms }: { ms: number }, now: number): boolean =>
  venue.faults.list().length === 0 && !venue.faults.isBlackout(now) && now >= ms;
