/** Alerts about services and their processes: whether they are there, answer, and have room. */
import { type AlertGroup, growing, type PrometheusAlert, steps } from "./rule.ts";

const GIB = 2 ** 30;
/** Nine tenths of what the largest of our processes is given. */
const MEMORY_BYTES_MAX = 2.7 * GIB;

const presence = (servicesCount: number): readonly PrometheusAlert[] => [
  {
    name: "ChimeraMetricsGone",
    severity: "ERROR",
    expr: 'absent(up{job="chimera"} == 1)',
    for: "1m",
    summary: "Nobody tells metrics",
    means: "S11, which tells the metrics of all services, cannot be scraped: every other alert of Prometheus is blind.",
    look: "Prometheus' page of targets; `./chimera status`; S11's log.",
    act: "Start S11 again, or let Prometheus reach it. Trading goes on; its own alerts come from S11 too.",
    proof: {
      series: [['up{job="chimera",instance="s11-metrics:8091"}', steps([1, 10], [0, 10], [1, 10])]],
      labels: {},
      ...{ quiet: "9m", fires: "12m", over: "25m" },
    },
  },
  {
    name: "ChimeraServiceDown",
    severity: "ERROR",
    expr: "max by (of) (chimera_service_up) == 0",
    for: "1m",
    summary: "{{ $labels.of }} does not answer",
    means: "A service has not answered S11 for a minute, in none of its replicas.",
    look: "`./chimera status`; the service's log; whether its container or process is started again and again.",
    act: "Read its last log lines and start it again. Without S3 or S4 no entries are made; stops stand at the exchange.",
    proof: {
      series: [['chimera_service_up{service="s11",of="s04"}', steps([1, 10], [0, 10], [1, 10])]],
      labels: { of: "s04" },
      ...{ quiet: "9m", fires: "12m", over: "25m" },
    },
  },
  {
    name: "ChimeraServicesMissing",
    severity: "ERROR",
    expr: `count(max by (of) (chimera_service_up)) < ${servicesCount}`,
    for: "5m",
    summary: "S11 does not know all services",
    means: `S11 tells of fewer services than the ${servicesCount} that there are.`,
    look: "`GET /services` of the gateway; the addresses that S11 was given.",
    act: "Correct `CHIMERA_URL_…` of S11, or start what was never started.",
    proof: {
      series: Array.from({ length: servicesCount }, (_none, at) => [
        `chimera_service_up{service="s11",of="${at}"}`,
        at === 0 ? "1x10 stale _x14 1x20" : "1x60",
      ]),
      labels: {},
      ...{ quiet: "9m", fires: "20m", over: "35m" },
    },
  },
];

const PROCESSES: readonly PrometheusAlert[] = [
  {
    name: "ChimeraRestarts",
    severity: "WARN",
    expr: "max by (service) (changes(chimera_process_start_time_seconds[30m])) > 2",
    for: "0m",
    summary: "{{ $labels.service }} starts again and again",
    means: "A process was started three times or more within half an hour.",
    look: "Its log before each end; whether it ran out of memory.",
    act: "Mend what ends it. Out of memory: give it more, or ask less of it.",
    proof: {
      series: [['chimera_process_start_time_seconds{service="s09"}', "100x30 200x5 300x5 400x60"]],
      labels: { service: "s09" },
      ...{ quiet: "29m", fires: "45m", over: "95m" },
    },
  },
  {
    name: "ChimeraEventLoopBlocked",
    severity: "WARN",
    expr: "max by (service) (chimera_nodejs_eventloop_lag_p99_seconds) > 0.5",
    for: "5m",
    summary: "{{ $labels.service }} is busy for half a second at a time",
    means:
      "One in a hundred looks at what is to be done next comes half a second late: the process is short of a core.",
    look: "CPU of the process and of the machine; what else runs there.",
    act: "Give it a core of its own, fewer instruments, or more shards.",
    proof: {
      series: [['chimera_nodejs_eventloop_lag_p99_seconds{service="s02"}', steps([0.01, 10], [0.8, 15], [0.01, 10])]],
      labels: { service: "s02" },
      ...{ quiet: "9m", fires: "20m", over: "30m" },
    },
  },
  {
    name: "ChimeraMemoryHigh",
    severity: "WARN",
    expr: `max by (service) (chimera_process_resident_memory_bytes) > ${MEMORY_BYTES_MAX}`,
    for: "10m",
    summary: "{{ $labels.service }} takes much memory",
    means:
      "A process has nearly as much memory as the largest of them is given; beyond that it is ended by the system.",
    look: "Its memory over the last days: a step, or a slope that never ends.",
    act: "A step: give it more, or split what it does. A slope: start it again at a calm moment, and report it.",
    proof: {
      series: [['chimera_process_resident_memory_bytes{service="s11"}', steps([GIB, 10], [2.9 * GIB, 20], [GIB, 10])]],
      labels: { service: "s11" },
      ...{ quiet: "15m", fires: "25m", over: "35m" },
    },
  },
  {
    name: "ChimeraCertificateEnds",
    severity: "WARN",
    expr: "min by (of) (chimera_certificate_ends_timestamp_seconds) - time() < 14 * 86400",
    for: "0m",
    summary: "The certificate of the {{ $labels.of }} ends within two weeks",
    means:
      "After its end browsers and programs refuse the connection. One that we make ourselves is renewed a month before.",
    look: "Who renews the certificate's files, and when it last did.",
    act: "Renew it and put the files where the old ones are: they are taken up while running.",
    proof: {
      // Two weeks and an hour from the beginning; renewed two hours later.
      series: [['chimera_certificate_ends_timestamp_seconds{of="gateway"}', `${14 * 86_400 + 3_600}x119 9000000x120`]],
      labels: { of: "gateway" },
      ...{ quiet: "50m", fires: "90m", over: "150m" },
    },
  },
];

const ANSWERS: readonly PrometheusAlert[] = [
  {
    name: "ChimeraHandlersFail",
    severity: "WARN",
    expr: "sum by (service, where) (rate(chimera_failures_total[5m])) > 0.1",
    for: "5m",
    summary: "{{ $labels.service }} fails at {{ $labels.where }}",
    means:
      "A stream's handler or a job throws more often than every ten seconds. Its messages come again until they succeed, or are put aside.",
    look: "The service's log: the lines of ERROR.",
    act: "Mend the cause; what is put aside meanwhile is among the dead letters.",
    proof: {
      series: [['chimera_failures_total{service="s05",where="reconcile"}', growing([0, 10], [30, 20], [0, 20])]],
      labels: { service: "s05", where: "reconcile" },
      ...{ quiet: "9m", fires: "25m", over: "45m" },
    },
  },
  {
    name: "ChimeraAnswersFail",
    severity: "WARN",
    expr: "service:chimera_request_errors:ratio_rate5m > 0.05 and service:chimera_request:rate5m > 0.1",
    for: "5m",
    summary: "{{ $labels.service }} answers with errors",
    means: "More than one in twenty answers of a service is an error of its own (status 500 and above).",
    look: "The service's dashboard: which verb; its log at that time.",
    act: "Mend what it needs: the store, Redis, the exchange, or the service that it calls.",
    proof: {
      series: [
        ['chimera_request_ms_count{service="s06",verb="readEquity",status="200"}', growing([60, 40])],
        ['chimera_request_ms_count{service="s06",verb="readEquity",status="503"}', growing([0, 10], [20, 15], [0, 15])],
      ],
      labels: { service: "s06" },
      ...{ quiet: "9m", fires: "22m", over: "38m" },
    },
  },
  {
    name: "ChimeraCallsFail",
    severity: "WARN",
    expr: "service_to:chimera_call_errors:ratio_rate5m > 0.1 and service_to:chimera_call:rate5m > 0.05",
    for: "5m",
    summary: "{{ $labels.service }} gets no answer from {{ $labels.to }}",
    means: "More than one in ten calls of one service to another ends in an error or without an answer.",
    look: "Whether the one that is called answers others; the network between the two.",
    act: "Start the one that does not answer again; look at network rules after a change of them.",
    proof: {
      series: [
        ['chimera_calls_total{service="s03",to="s04"}', growing([60, 40])],
        ['chimera_call_ms_count{service="s03",to="s04",outcome="ok"}', growing([60, 10], [20, 15], [60, 15])],
        ['chimera_call_ms_count{service="s03",to="s04",outcome="error"}', growing([0, 10], [40, 15], [0, 15])],
      ],
      labels: { service: "s03", to: "s04" },
      ...{ quiet: "9m", fires: "22m", over: "38m" },
    },
  },
];

export const serviceAlerts = (servicesCount: number): AlertGroup => ({
  name: "services",
  title: "Services",
  step: "1m",
  alerts: [...presence(servicesCount), ...PROCESSES, ...ANSWERS],
});
