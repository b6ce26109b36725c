/** S11 Metrics & Health: scrapes all services, judges the health level, keeps alerts. */
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
} from "../../shared/collections/operations.ts";
import { defineService } from "../../shared/kit/service.ts";
import { healthEvents } from "../../shared/streams.ts";
import { backupPart } from "./backup-watch.ts";
import { deedsPart } from "./deeds.verbs.ts";
import { healthPart } from "./health.verbs.ts";
import { inboxPart } from "./inbox.verbs.ts";
import { measuringPart } from "./measuring.verbs.ts";
import { together } from "./parts.ts";
import { createRoller } from "./roller.ts";
import { SeriesNames } from "./series-names.ts";
import { settings } from "./settings.ts";
import { sloPart } from "./slo.verbs.ts";

export default defineService({
  id: "s11",
  name: "s11-metrics",
  title: "Metrics & Health",
  port: 8091,
  settings,
  calls: {},
  emits: [healthEvents],
  usesConfig: false,
  usesBlobs: true,
  owns: [
    ...[alertsKept, silences, channels, deliveries],
    ...[metricsTimeseries, metricMinutes, metricHours, metricDays, serviceCalls],
    ...[levelChanges, watchMarks],
    ...[automaticActions, strategyEvents, logEvents],
  ],
  setup(ports) {
    const health = healthPart(ports);
    const roller = createRoller(ports);
    const names = new SeriesNames(ports);
    const slo = sloPart(ports, { ...health, roller, names });
    const measuring = measuringPart(ports, { roller, names, slo });
    return together([measuring, inboxPart(ports, health.shown), health, slo, deedsPart(ports), backupPart(ports)]);
  },
});
