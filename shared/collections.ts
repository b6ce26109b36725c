/** Every collection in the system, once: declared by owner in collections/, listed here. */
import { configActive, configBundles } from "./collections/config.ts";
import { balancesSnapshots, exchangeKillCopy, instrumentRegistry } from "./collections/exchange.ts";
import { firstAnswers } from "./collections/first-answers.ts";
import { alertsKept, metricsTimeseries } from "./collections/operations.ts";
import { fills, holdings, intents, orders, routerKillCopy, routerMarks } from "./collections/orders.ts";
import { auditLog, killState, sessions, users } from "./collections/people.ts";
import { decisionOutcomes, decisionsMade, signalsSeen, strategyMarks, strategyPauses } from "./collections/signals.ts";
import { positionsSnapshots, trades } from "./collections/trades.ts";
import type { Collection } from "./kit/ports.ts";

export const COLLECTIONS: readonly Collection<never>[] = [
  instrumentRegistry,
  balancesSnapshots,
  exchangeKillCopy,
  signalsSeen,
  decisionsMade,
  decisionOutcomes,
  strategyMarks,
  strategyPauses,
  intents,
  orders,
  fills,
  holdings,
  routerKillCopy,
  routerMarks,
  trades,
  positionsSnapshots,
  configBundles,
  configActive,
  alertsKept,
  metricsTimeseries,
  users,
  sessions,
  killState,
  auditLog,
  ...Object.values(firstAnswers),
] as unknown as readonly Collection<never>[];
