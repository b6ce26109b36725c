/** An installation on a real data folder that trades on the virtual clock, to be carried away afterwards. */
import { seededRandom } from "../../shared/adapters/random.ts";
import { VirtualClock } from "../../shared/adapters/virtual-clock.ts";
import { router } from "../../shared/contracts.ts";
import type { InstrumentId } from "../../shared/domain/instrument.ts";
import { show } from "../../shared/domain/money.ts";
import type { Intent } from "../../shared/domain/order.ts";
import { defaultListings } from "../../shared/engine/listing.ts";
import { asProblem } from "../../shared/errors.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { ServiceId } from "../../shared/kit/ports.ts";
import { type EmbeddedWorld, embeddedWorld } from "../run/embedded.ts";
import { type DataFolder, openFolder } from "../run/folder.ts";
import { loadServices } from "../services.ts";
import { createInvariants, type Verdict } from "../sim/invariants.ts";
import { whileRunning } from "../sim/requests.ts";
import { AgentsMarket } from "../venue/agents.ts";
import type { VenueAccount } from "../venue/binance/request.ts";
import { type Journal, memoryJournal } from "../venue/journal.ts";
import { venueNet } from "../venue/memory-net.ts";
import { createVenue, DEFAULT_ACCOUNTS, type Venue } from "../venue/venue.ts";

const ORIGIN = { mode: "paper", venue: "paper-agents", account: "main" } as const;
const START = Date.UTC(2026, 0, 1);
const READY_MS = 6_000;
/** What the bundle lets nobody trade by itself: entries are a test's. */
const QUIET = new URL("../../services/s10-config/default-bundle.yaml", import.meta.url);

export const FUT = "FUT:BTCUSDT" as InstrumentId;
export const SPOT = "SPOT:BTCUSDT" as InstrumentId;

/** An exchange that lives longer than an installation. */
export interface Exchange {
  clock: VirtualClock;
  venue: Venue;
  journal: Journal;
  price(instrument: InstrumentId, factor: number): string;
}

export async function openExchange(seed: string, keys: readonly VenueAccount[] = []): Promise<Exchange> {
  const clock = new VirtualClock(START);
  const listings = defaultListings().filter(({ instrument }) => instrument === FUT || instrument === SPOT);
  const market = new AgentsMarket({ clock, random: seededRandom(`market ${seed}`), listings });
  const journal = memoryJournal();
  const accounts = [...DEFAULT_ACCOUNTS, ...keys];
  const venue = createVenue({ clock, random: seededRandom(`venue ${seed}`), market, journal, accounts });
  await venue.start();
  const price = (instrument: InstrumentId, factor: number): string => {
    const listing = listings.find((each) => each.instrument === instrument);
    if (!listing) throw new Error(`${instrument} is not listed`);
    return show((listing.tick * BigInt(Math.round(Number(market.mark(instrument)) * factor))) as typeof listing.tick);
  };
  return { clock, venue, journal, price };
}

export class Installed {
  readonly folder: DataFolder;
  readonly world: EmbeddedWorld;
  private readonly exchange: Exchange;
  private readonly services: Constellation;
  private asked = 0;

  private constructor(parts: {
    folder: DataFolder;
    world: EmbeddedWorld;
    exchange: Exchange;
    services: Constellation;
  }) {
    this.folder = parts.folder;
    this.world = parts.world;
    this.exchange = parts.exchange;
    this.services = parts.services;
  }

  static async start(path: string, exchange: Exchange, more: Record<string, string> = {}): Promise<Installed> {
    const { clock, venue } = exchange;
    const folder = openFolder(path, ORIGIN);
    const env = { CHIMERA_ADMIN_PASSWORD: "correct-horse-1", CHIMERA_BUNDLE_TEXT: await bundle(), ...more };
    const world = { ...embeddedWorld({ clock, folder, env, logLevel: "error" }), net: venueNet(venue, clock) };
    const all = await loadServices();
    const services = await constellation(
      all,
      all.map(({ id }) => id),
      world,
    );
    await whileRunning(clock, services.start());
    await clock.run(clock.now() + READY_MS);
    return new Installed({ folder, world, exchange, services });
  }

  /** Answers the order's status, or the code of the refusal. */
  async enter(instrument: InstrumentId, name: string, over: Partial<Intent> = {}): Promise<string> {
    const status = await whileRunning(this.exchange.clock, this.asks(instrument, name, over));
    await this.exchange.clock.run(this.exchange.clock.now() + READY_MS);
    return status;
  }

  /** The same, while somebody else runs the clock. */
  asks(instrument: InstrumentId, name: string, over: Partial<Intent> = {}): Promise<string> {
    const intent = {
      intent_id: `${name}-${++this.asked}`,
      ...{ account: "main", instrument, kind: "ENTRY", side: "BUY", notional_usdt: "300", type: "MARKET" },
      ...{ working_type: "MARK_PRICE", reduce_only: false, leverage: 20, margin: "ISOLATED" },
      stop_loss: { price: this.exchange.price(instrument, 0.99) },
      take_profit: { price: this.exchange.price(instrument, 1.02) },
      ...over,
    } as Intent;
    const s04 = this.services.hosted.get("s04");
    const caller = { kind: "service", id: "s03", role: "admin" } as const;
    const asking = s04?.call(router.methods.placeOrder, { intent }, caller) as Promise<{ status: string }>;
    return asking.then(
      ({ status }) => status,
      (error: unknown) => asProblem(error).code,
    );
  }

  /** As an admin asks; throws what is refused. */
  async verb(id: ServiceId, name: string, input: unknown): Promise<unknown> {
    const verb = this.services.hosted.get(id)?.verbs.find((each) => each.name === name);
    const principal = { kind: "person", id: "tester", role: "admin" } as const;
    const asked = { principal, signal: undefined, header: () => undefined };
    return whileRunning(this.exchange.clock, Promise.resolve(verb?.run(input as never, asked as never)));
  }

  /** By the venue's own journal. */
  judge(): Promise<Verdict> {
    const { venue, clock } = this.exchange;
    return createInvariants({ venue, clock, store: (owner) => this.world.store(owner) }).judge();
  }

  async stop(): Promise<void> {
    await whileRunning(this.exchange.clock, this.services.stop());
    await this.world.close();
  }
}

async function bundle(): Promise<string> {
  const text = Bun.YAML.parse(await Bun.file(QUIET).text()) as { instruments: { instrument: string }[] };
  const instruments = text.instruments.filter(({ instrument }) => instrument === FUT || instrument === SPOT);
  return JSON.stringify({ ...text, instruments, strategies: [] });
}
