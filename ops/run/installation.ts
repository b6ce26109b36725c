/** One running installation: the paper venue and all services of a data folder, in one process. */
import { systemRandom } from "../../shared/adapters/random.ts";
import { ASSUMED_LATENCY } from "../../shared/engine/latency.ts";
import { type Constellation, constellation } from "../../shared/kit/constellation.ts";
import type { Clock } from "../../shared/kit/ports.ts";
import { loadServices } from "../services.ts";
import { fileJournal, journalBounds } from "../venue/journal.ts";
import type { MarketModel } from "../venue/market.ts";
import { type ServedVenue, serveVenue } from "../venue/server.ts";
import { createVenue } from "../venue/venue.ts";
import { buildWeb } from "../web.ts";
import { type EmbeddedWorld, embeddedWorld } from "./embedded.ts";
import type { DataFolder } from "./folder.ts";
import { keepLastPrices, listingsOf } from "./last-prices.ts";
import { keepTime } from "./last-time.ts";
import { venueAdmin } from "./origin.ts";
import { paperVenueAt } from "./paper-urls.ts";
import { type Served, servePort } from "./serve.ts";
import { serveGateway } from "./serve-gateway.ts";

export interface InstallationOptions {
  clock: Clock;
  folder: DataFolder;
  /** The paper venue's; none where the exchange is elsewhere. */
  market: MarketModel | undefined;
  /** Added to every documented port, so that two installations can run side by side. */
  portOffset: number;
  env: Record<string, string | undefined>;
  bundleText: string;
  adminPassword: string | undefined;
  logLevel: string;
}
export interface Installation {
  gateway: string;
  world: EmbeddedWorld;
  services: Constellation;
  venue: ServedVenue | undefined;
  stop(): Promise<void>;
}

/** Starts everything; what was started is stopped again when a part of it cannot start. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const { folder, clock, portOffset, market } = options;
  const stops: Stops = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const venue = market && (await startVenue(market, options, stops));
    const world = embeddedWorld({ clock, folder, env: await envOf(options), logLevel: options.logLevel });
    stops.push(() => world.close());
    const services = await loadServices();
    const here = services.map((service) => service.id);
    const all = await constellation(services, here, world);
    for (const served of await serveAll(all, options, world)) stops.push(() => served.stop());
    stops.push(() => all.stop());
    await all.start();
    const gateway = services.find((service) => service.id === "s12");
    return {
      gateway: `http://127.0.0.1:${(gateway?.port ?? 8092) + portOffset}/`,
      world,
      services: all,
      venue,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<void> | void)[];

async function startVenue(market: MarketModel, options: InstallationOptions, stops: Stops): Promise<ServedVenue> {
  const { folder, clock, portOffset } = options;
  const venue = createVenue({
    clock,
    random: systemRandom(),
    market,
    journal: fileJournal(folder.journal, journalBounds(options.env)),
    latency: ASSUMED_LATENCY,
    ...venueAdmin(options.env),
  });
  await venue.start();
  stops.push(() => venue.stop());
  stops.push(keepTime(folder.time, clock));
  stops.push(keepLastPrices(folder.prices, { market, listings: listingsOf(market), clock }));
  const ports = { spot: 8093 + portOffset, um: 8094 + portOffset, admin: 8095 + portOffset };
  const served = serveVenue(venue, { ports });
  stops.push(() => served.stop());
  return served;
}

async function serveAll(all: Constellation, options: InstallationOptions, world: EmbeddedWorld): Promise<Served[]> {
  const { log, serviceKey } = world;
  const served: Served[] = [];
  try {
    for (const hosted of all.hosted.values()) {
      const { id, name } = hosted.service;
      const port = hosted.service.port + options.portOffset;
      const isGateway = id === "s12";
      const gateway = () => serveGateway({ ...options, hosted, port, log, serviceKey });
      served.push(isGateway ? await gateway() : servePort(hosted, name, { port }));
    }
    return served;
  } catch (error) {
    for (const each of served) void each.stop();
    throw error;
  }
}

/** What the services read as their environment: the caller's, and what this installation decides. */
async function envOf(options: InstallationOptions): Promise<Record<string, string | undefined>> {
  const { portOffset, env, bundleText, adminPassword, folder } = options;
  const webFolder = env.CHIMERA_WEB_FOLDER ?? folder.web;
  if (env.CHIMERA_WEB_FOLDER === undefined) await buildWeb(webFolder);
  return {
    ...(options.market && paperVenueAt((port) => `127.0.0.1:${port + portOffset}`)),
    ...env,
    CHIMERA_MODE: folder.origin.mode,
    CHIMERA_BUNDLE_TEXT: bundleText,
    CHIMERA_ADMIN_PASSWORD: adminPassword,
    CHIMERA_WEB_FOLDER: webFolder,
  };
}
