/** The drills on one running installation: every fault of the exchange, kills among them, and what stores and processes do. */
import { FAULTS, type MakeFaults } from "../venue/fault-table.ts";
import { live } from "./life.fixture.ts";
import {
  allKilled,
  everyService,
  killedInReconciliation,
  positionsAway,
  storeLocked,
  storesFull,
  transferDespite,
} from "./more-troubles.fixture.ts";
import type { Running } from "./process.fixture.ts";
import { killed, programs, stopped } from "./troubles.fixture.ts";

/** Drills of one group share an installation, one after another. */
export const GROUPS = ["exchange", "kills-among-faults", "processes", "stores", "full-disk"] as const;
export type GroupName = (typeof GROUPS)[number];

export interface Happening {
  name: string;
  group: GroupName;
  /** A sentence. */
  what: string;
  faults?: MakeFaults;
  happens?(running: Running): Promise<void>;
}

const FOR_MS = 12_000;
/** Where the exchange does nothing wrong, what happens itself takes the time. */
const AT_LEAST_MS = 3_000;
const AWAY_MS = 20_000;
const WAIT_MS = 120_000;

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
const faultOf = (name: string): MakeFaults => {
  const faults = FAULTS[name];
  if (!faults) throw new Error(`There is no fault ${name}.`);
  return faults;
};

/** Who is killed while the exchange does what. */
const AMONG: readonly (readonly [service: string, fault: string])[] = [
  ["s04-router", "taken, then no answer"],
  ["s04-router", "not taken, no answer"],
  ["s04-router", "cancels taken, no answer"],
  ["s01-exchange", "taken, no answer, unknown for 20 s"],
  ["s01-exchange", "503 to everything"],
  ["s06-position", "streams down, orders unanswered"],
  ["s06-position", "refused as triggering at once"],
  ["s03-strategy", "answers 3 s late"],
  ["s12-gateway", "429 with Retry-After 5"],
  ["s10-config", "-1021 to everything"],
];

/** Every one, in the order in which they run. */
export const HAPPENINGS: readonly Happening[] = [
  ...Object.entries(FAULTS).map(
    ([name, faults]): Happening => ({
      ...{ name: `exchange-${slug(name)}`, group: "exchange", what: `the exchange: ${name}`, faults },
    }),
  ),
  ...AMONG.map(
    ([service, fault]): Happening => ({
      name: `kill-${service.slice(0, 3)}-among-${slug(fault)}`,
      group: "kills-among-faults",
      what: `${service} killed while the exchange: ${fault}`,
      faults: faultOf(fault),
      happens: (running) => killed(running, service),
    }),
  ),
  {
    ...{ name: "kill-s12-in-a-transfer", group: "processes", what: "s12-gateway killed while it has funds moved" },
    happens: (running) => transferDespite(running, () => killed(running, "s12-gateway")),
  },
  {
    ...{ name: "kill-s01-in-a-transfer", group: "processes", what: "s01-exchange killed while it moves funds" },
    happens: (running) => transferDespite(running, () => killed(running, "s01-exchange")),
  },
  {
    ...{ name: "kill-s05-in-a-reconciliation", group: "processes", what: "s05-reconciler killed while it compares" },
    happens: killedInReconciliation,
  },
  {
    name: "away-s06",
    group: "processes",
    what: `s06-position away for ${AWAY_MS / 1_000} s: entries are refused meanwhile`,
    happens: (running) => positionsAway(running, AWAY_MS),
  },
  {
    ...{ name: "kill-all", group: "processes", what: "all services killed at once" },
    happens: (running) => allKilled(running, everyService(running)),
  },
  {
    ...{ name: "kill-everything", group: "processes", what: "all services, Redis and the exchange killed at once" },
    happens: (running) =>
      allKilled(
        running,
        programs(running).map(({ name }) => name),
      ),
  },
  {
    ...{ name: "kill-exchange", group: "processes", what: "the exchange killed, and back with its journal" },
    happens: (running) => killed(running, "venue"),
  },
  {
    ...{ name: "away-exchange", group: "processes", what: `the exchange silent for ${AWAY_MS / 1_000} s` },
    happens: (running) => stopped(running, "venue", () => Bun.sleep(AWAY_MS)),
  },
  ...(["s04", "s06"] as const).map(
    (owner): Happening => ({
      name: `store-locked-${owner}`,
      group: "stores",
      what: `the store of ${owner} locked by somebody else for ${AWAY_MS / 1_000} s`,
      happens: (running) => storeLocked(running, owner, AWAY_MS),
    }),
  ),
  {
    ...{ name: "stores-full", group: "full-disk", what: `the disk of all stores full for ${AWAY_MS / 1_000} s` },
    happens: (running) => storesFull(running, AWAY_MS),
  },
];

/** Lives through one; throws what does not come right. */
export function liveThrough(running: Running, { name, faults, happens }: Happening) {
  return live(running, {
    id: name,
    ...(faults && { faults }),
    ...(happens && { happens: () => happens(running) }),
    forMs: faults ? FOR_MS : AT_LEAST_MS,
    waitMs: WAIT_MS,
  });
}
