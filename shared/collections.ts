/** Every collection in the system, once: declared by owner in collections/, listed here. */
import { auditHeads } from "./collections/audit.ts";
import { autopsyMarks, autopsyReports } from "./collections/autopsy.ts";
import { configActive, configBundles, promotions, simulations } from "./collections/config.ts";
import {
  balancesSnapshots,
  exchangeKillCopy,
  exchangeMarks,
  fundingRecords,
  instrumentRegistry,
  treasuryTransfers,
} from "./collections/exchange.ts";
import { costCurves, executionPlans } from "./collections/execution.ts";
import { experimentDetails, experiments, hypotheses, trials } from "./collections/experiments.ts";
import { factorRegistry, factorSnapshots, featureHistory, featureJobs } from "./collections/features.ts";
import { firstAnswers } from "./collections/first-answers.ts";
import { labelGaps, labelJobs, labelMarks, labels12h, labels24h, labels36h } from "./collections/labels.ts";
import { models } from "./collections/models.ts";
import {
  alertsKept,
  automaticActions,
  channels,
  deliveries,
  levelChanges,
  logEvents,
  metricDays,
  metricHours,
  metricMinutes,
  metricsTimeseries,
  serviceCalls,
  silences,
  strategyEvents,
  watchMarks,
} from "./collections/operations.ts";
import { fills, holdings, intents, orders, routerKillCopy, routerMarks } from "./collections/orders.ts";
import { apiKeys, approvals, auditLog, killState, sessions, signingKeys, users } from "./collections/people.ts";
import { programs } from "./collections/programs.ts";
import { reconciliations } from "./collections/reconciliation.ts";
import { decisionOutcomes, decisionsMade, signalsSeen, strategyMarks, strategyPauses } from "./collections/signals.ts";
import {
  autoTransfers,
  holdingsSpotSnapshots,
  positionMarks,
  positionsSnapshots,
  statements,
  taxRows,
  trades,
} from "./collections/trades.ts";
import { modelCurves, trainings } from "./collections/trainings.ts";
import type { Collection } from "./kit/ports.ts";

export const COLLECTIONS: readonly Collection<never>[] = [
  instrumentRegistry,
  balancesSnapshots,
  exchangeKillCopy,
  exchangeMarks,
  fundingRecords,
  treasuryTransfers,
  signalsSeen,
  factorRegistry,
  featureHistory,
  factorSnapshots,
  featureJobs,
  decisionsMade,
  decisionOutcomes,
  strategyMarks,
  strategyPauses,
  intents,
  orders,
  fills,
  holdings,
  executionPlans,
  costCurves,
  routerKillCopy,
  routerMarks,
  trades,
  positionMarks,
  positionsSnapshots,
  holdingsSpotSnapshots,
  statements,
  taxRows,
  autoTransfers,
  reconciliations,
  labels12h,
  labels24h,
  labels36h,
  labelGaps,
  labelJobs,
  labelMarks,
  autopsyReports,
  autopsyMarks,
  hypotheses,
  experiments,
  experimentDetails,
  trials,
  models,
  trainings,
  modelCurves,
  configBundles,
  configActive,
  promotions,
  simulations,
  programs,
  alertsKept,
  metricsTimeseries,
  metricMinutes,
  metricHours,
  metricDays,
  silences,
  channels,
  deliveries,
  levelChanges,
  serviceCalls,
  automaticActions,
  strategyEvents,
  logEvents,
  watchMarks,
  users,
  sessions,
  signingKeys,
  apiKeys,
  killState,
  approvals,
  auditLog,
  auditHeads,
  ...Object.values(firstAnswers),
] as unknown as readonly Collection<never>[];
