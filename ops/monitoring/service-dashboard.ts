/** The dashboard of one service or several: rate, errors and time of what it answers and asks; its process and store. */
import { type Dashboard, line, page, q, type Row, stat } from "./panel.ts";

/** `.*` is also of a service that names no shard or replica. */
const CHOSEN = 'service=~"$service",shard=~"$shard",replica=~"$replica"';
/** What a process tells has no shard, and where one runs all services it names none of them. */
const PROCESS = 'service=~"$service|",replica=~"$replica"';
const HEALTH = page("Health page", "/status");
const rate = (by: string, metric: string, more = ""): string =>
  `sum by (${by}) (rate(${metric}{${CHOSEN}${more}}[$__rate_interval]))`;
const quantile = (share: number, by: string, metric: string): string =>
  `histogram_quantile(${share}, ${rate(`${by}, le`, `${metric}_bucket`)})`;

const answers: Row = {
  title: "What it answers",
  panels: [
    line("Requests", [
      "A second, by verb: over REST and from other services.",
      "reqps",
      q(rate("service, verb", "chimera_request_ms_count"), "{{service}} {{verb}}"),
    ]),
    line("Errors", [
      "Answers of 400 and above, a second; 4xx is a refusal, 5xx is ours.",
      "reqps",
      q(
        rate("service, verb, status", "chimera_request_ms_count", ',status=~"[45].."'),
        "{{service}} {{verb}} {{status}}",
      ),
    ]),
    line("Time to answer", [
      "95th percentile by verb.",
      "ms",
      q(quantile(0.95, "service, verb", "chimera_request_ms"), "{{service}} {{verb}}"),
    ]),
  ],
};
const asks: Row = {
  title: "What it asks others",
  panels: [
    line("Calls", [
      "A second, by who is called.",
      "reqps",
      q(rate("service, to", "chimera_calls_total"), "{{service}} → {{to}}"),
    ]),
    line("Calls that failed", [
      "Errors and calls without an answer, a second; refusals are answers.",
      "reqps",
      q(rate("service, to", "chimera_call_ms_count", ',outcome="error"'), "{{service}} → {{to}}"),
    ]),
    line("Time until they answer", [
      "95th percentile by who is called.",
      "ms",
      q(quantile(0.95, "service, to", "chimera_call_ms"), "{{service}} → {{to}}"),
    ]),
  ],
};
const store: Row = {
  title: "Its store and its work",
  panels: [
    line(
      "Commits",
      [
        "95th percentile of the time until durable; 80 ms is the objective.",
        "ms",
        q(quantile(0.95, "service", "chimera_commit_ms"), "{{service}}"),
      ],
      {
        limits: [
          [null, "green"],
          [80, "red"],
        ],
      },
    ),
    line("Reads", [
      "95th percentile by operation.",
      "ms",
      q(quantile(0.95, "service, operation", "chimera_store_read_ms"), "{{service}} {{operation}}"),
    ]),
    line("Store errors", [
      "What the store failed at, a second.",
      "ops",
      q(rate("service, operation", "chimera_store_errors_total"), "{{service}} {{operation}}"),
    ]),
    line("Handlers and jobs that threw", [
      "A second, by which.",
      "ops",
      q(rate("service, where", "chimera_failures_total"), "{{service}} {{where}}"),
    ]),
    line("Shards held", [
      "By replica, where services run in several.",
      "none",
      q(`sum by (service, replica) (chimera_shards_held{${PROCESS}})`, "{{service}} {{replica}}"),
    ]),
    line("Requests refused as too many", [
      "A second, by policy; of the gateway.",
      "reqps",
      q(rate("policy", "chimera_rate_limited_total"), "{{policy}}"),
    ]),
  ],
};
const LEGEND = "{{service}} {{replica}}";
const process: Row = {
  title: "Its process",
  panels: [
    line("CPU", [
      "Cores taken.",
      "none",
      q(`max by (service, replica) (rate(chimera_process_cpu_seconds_total{${PROCESS}}[$__rate_interval]))`, LEGEND),
    ]),
    line("Memory", [
      "Resident; at its limit a container is ended.",
      "bytes",
      q(`max by (service, replica) (chimera_process_resident_memory_bytes{${PROCESS}})`, LEGEND),
    ]),
    line(
      "Event-loop lag",
      [
        "99th percentile of how late the next thing is looked at.",
        "s",
        q(`max by (service, replica) (chimera_nodejs_eventloop_lag_p99_seconds{${PROCESS}})`, LEGEND),
      ],
      {
        limits: [
          [null, "green"],
          [0.5, "red"],
        ],
      },
    ),
    line("Heap", [
      "What is in use of the heap.",
      "bytes",
      q(`max by (service, replica) (chimera_nodejs_heap_size_used_bytes{${PROCESS}})`, LEGEND),
    ]),
    line("Sockets", [
      "Open: to stores, Redis, the exchange and other services, and of who asks.",
      "none",
      q(`max by (service, replica) (chimera_process_open_sockets{${PROCESS}})`, LEGEND),
    ]),
    line("Files", [
      "Open file descriptors, sockets among them.",
      "none",
      q(`max by (service, replica) (chimera_process_open_fds{${PROCESS}})`, LEGEND),
    ]),
    stat(
      "Up since",
      [
        "When the process began.",
        "dateTimeFromNow",
        q(`max by (service, replica) (chimera_process_start_time_seconds{${PROCESS}}) * 1000`, LEGEND),
      ],
      { width: 8, links: [HEALTH] },
    ),
    stat(
      "Runs",
      [
        "Version and commit.",
        "none",
        q(`max by (version, git_commit, mode) (chimera_build_info{${CHOSEN}})`, "{{version}} {{git_commit}} {{mode}}"),
      ],
      { width: 16 },
    ),
  ],
};

export const SERVICE: Dashboard = {
  uid: "chimera-service",
  title: "Chimera: service",
  about: "One service or several, by replica and shard: what it answers, asks, stores and takes of the machine.",
  variables: [
    { name: "service", label: "Service", metric: "chimera_build_info", of: "service" },
    { name: "replica", label: "Replica", metric: "chimera_build_info", of: "replica" },
    { name: "shard", label: "Shard", metric: "chimera_build_info", of: "shard" },
  ],
  rows: [answers, asks, store, process],
};
