/** Alerts about what keeps the data: the services' stores, Redis, backups, and the servers below them. */
import { COMMIT_MS_MAX } from "../../shared/trading/health/slo.ts";
import { type AlertGroup, growing, type PrometheusAlert, type Proof, steps } from "./rule.ts";

const calm = { quiet: "9m", fires: "15m", over: "25m" } as const;
const once = (series: string, [good, bad]: readonly [number, number], labels: Proof["labels"]): Proof => ({
  series: [[series, steps([good, 10], [bad, 10], [good, 10])]],
  labels,
  ...calm,
});

const NEWEST = "max by (of) (chimera_backup_newest_timestamp_seconds)";
const AGE_MAX = "max by (of) (chimera_backup_age_max_seconds)";
const redis = (told: string): string => `chimera_redis_${told}{of="redis",service="s11"}`;
const memoryShare =
  "max by (of) (chimera_redis_memory_used_bytes) / (max by (of) (chimera_redis_memory_max_bytes) > 0)";
const memoryProof = (bad: number): Proof => ({
  series: [
    [redis("memory_used_bytes"), steps([100, 10], [bad, 15], [100, 10])],
    [redis("memory_max_bytes"), "1000x40"],
  ],
  labels: { of: "redis" },
  ...{ quiet: "9m", fires: "20m", over: "30m" },
});

const SERVICE_STORES: readonly PrometheusAlert[] = [
  {
    name: "ChimeraStoreFails",
    severity: "ERROR",
    expr: "sum by (service, operation) (rate(chimera_store_errors_total[2m])) > 0.02",
    for: "1m",
    summary: "{{ $labels.service }} cannot {{ $labels.operation }} in its store",
    means:
      "A service's store breaks or does not answer. No entries are made meanwhile; exits go on by the router's journal.",
    look: "The stores dashboard; the database's own log, disk and memory.",
    act: "Bring the database back. What waits is written then; the next reconciliation says whether anything is missing.",
    proof: {
      series: [['chimera_store_errors_total{service="s04",operation="commit"}', growing([0, 10], [20, 10], [0, 15])]],
      labels: { service: "s04", operation: "commit" },
      ...{ quiet: "9m", fires: "18m", over: "30m" },
    },
  },
  {
    name: "ChimeraStoreSlow",
    severity: "WARN",
    expr: `service:chimera_commit_ms:p95_5m > ${COMMIT_MS_MAX}`,
    for: "5m",
    summary: "Commits of {{ $labels.service }} are slow",
    means: `One in twenty commits takes longer than the ${COMMIT_MS_MAX} ms that are promised.`,
    look: "The stores dashboard: since when, of which services; the disk's own waits.",
    act: "Give the database a faster disk or less to do; look for a backup that runs at the wrong time.",
    proof: {
      series: [
        ['chimera_commit_ms_bucket{service="s06",le="80"}', growing([60, 10], [6, 20], [60, 20])],
        ['chimera_commit_ms_bucket{service="s06",le="250"}', growing([60, 50])],
        ['chimera_commit_ms_bucket{service="s06",le="+Inf"}', growing([60, 50])],
      ],
      labels: { service: "s06" },
      ...{ quiet: "9m", fires: "25m", over: "45m" },
    },
  },
];

const REDIS: readonly PrometheusAlert[] = [
  {
    name: "ChimeraRedisDown",
    severity: "ERROR",
    expr: "max by (of) (chimera_redis_up) == 0",
    for: "1m",
    summary: "Redis does not answer",
    means:
      "The Redis server does not answer. Streams stand still, and no entries are made; stops stand at the exchange.",
    look: "Redis' own log; memory and disk of its machine.",
    act: "Bring it back. Services tell again what it has lost.",
    proof: once(redis("up"), [1, 0], { of: "redis" }),
  },
  {
    name: "ChimeraRedisMemoryHigh",
    severity: "WARN",
    expr: `${memoryShare} > 0.8`,
    for: "5m",
    summary: "Redis has taken four fifths of its memory",
    means: "Redis nears its limit. At the limit it refuses writes, and no entries are made.",
    look: "Pending entries of the streams: one that nobody takes grows for ever.",
    act: "Start the group that lags again, or give Redis more memory.",
    proof: memoryProof(850),
  },
  {
    name: "ChimeraRedisMemoryFull",
    severity: "ERROR",
    expr: `${memoryShare} > 0.95`,
    for: "1m",
    summary: "Redis has no memory left",
    means: "Redis refuses writes, or is about to.",
    look: "Pending entries of the streams.",
    act: "Give it more memory now (`CONFIG SET maxmemory`), then find what fills it.",
    proof: memoryProof(980),
  },
  {
    name: "ChimeraRedisEvicts",
    severity: "ERROR",
    expr: "max by (of) (delta(chimera_redis_evicted_keys[15m])) > 0",
    for: "0m",
    summary: "Redis throws data away",
    means: "Redis is set to evict keys when its memory is full: streams and locks may be among them.",
    look: "`CONFIG GET maxmemory-policy`: it must be `noeviction`.",
    act: "Set `noeviction`, give it more memory, and look at the next reconciliation.",
    proof: {
      series: [[redis("evicted_keys"), "0x20 50x60"]],
      labels: { of: "redis" },
      ...{ quiet: "19m", fires: "25m", over: "50m" },
    },
  },
  {
    name: "ChimeraRedisNotSaved",
    severity: "ERROR",
    expr: "max by (of) (chimera_redis_persisted) == 0",
    for: "2m",
    summary: "Redis cannot write to its disk",
    means: "What streams hold is in memory alone: a restart of Redis loses it, and services have to tell it again.",
    look: "Redis' log; whether its disk is full.",
    act: "Make room on its disk.",
    proof: once(redis("persisted"), [1, 0], { of: "redis" }),
  },
];

const BACKUPS: readonly PrometheusAlert[] = [
  {
    name: "ChimeraBackupTooOld",
    severity: "ERROR",
    // 0: there is none yet, which is nothing strange before the first is due.
    expr:
      `time() - (${NEWEST} > 0) > ${AGE_MAX} or ` +
      `(time() - min by (of) (chimera_backup_wanted_timestamp_seconds) > ${AGE_MAX}) and ${NEWEST} == 0`,
    for: "5m",
    summary: "Three backups that were due have not come",
    means: "Backups are wanted and none came: after a loss of the stores as much would be gone as has passed since.",
    look: "`./chimera backup list`; the log of the job that makes them; room in the bucket.",
    act: "Make one by hand (`./chimera backup`), then mend the job.",
    proof: {
      series: [
        ['chimera_backup_newest_timestamp_seconds{service="s11",of="backups"}', "60x239 14400x60"],
        ['chimera_backup_age_max_seconds{service="s11",of="backups"}', "10800x300"],
        ['chimera_backup_wanted_timestamp_seconds{service="s11",of="backups"}', "0x300"],
      ],
      labels: { of: "backups" },
      ...{ quiet: "2h", fires: "3h20m", over: "4h10m" },
    },
  },
];

/** Only where Prometheus scrapes these servers too: what is not scraped is not missing. */
const SERVERS: readonly PrometheusAlert[] = [
  {
    name: "ChimeraArangoDown",
    severity: "ERROR",
    expr: 'max by (job) (up{job="arangodb"}) == 0',
    for: "1m",
    summary: "No ArangoDB server can be scraped",
    means: "The database of documents is away. No entries are made; exits go on by the router's journal.",
    look: "Its log, disk and memory; its cluster's own page.",
    act: "Bring it back; see the guide on what is done meanwhile.",
    proof: once('up{job="arangodb",instance="a:8529"}', [1, 0], { job: "arangodb" }),
  },
  {
    name: "ChimeraMinioDown",
    severity: "ERROR",
    expr: 'max by (job) (up{job="minio"}) == 0',
    for: "1m",
    summary: "No MinIO server can be scraped",
    means: "The store of large things is away: reports, recordings and backups wait. Trading goes on.",
    look: "Its log and its disks.",
    act: "Bring it back before recordings fill the services' memory.",
    proof: once('up{job="minio",instance="m:9000"}', [1, 0], { job: "minio" }),
  },
  {
    name: "ChimeraMinioDriveGone",
    severity: "ERROR",
    expr: "max by (job) (minio_cluster_drive_offline_total) > 0",
    for: "5m",
    summary: "A drive of MinIO is away",
    means: "One drive more than is allowed for, and what is kept there cannot be read.",
    look: "MinIO's console: which drive.",
    act: "Replace it; MinIO heals it by itself.",
    proof: {
      series: [['minio_cluster_drive_offline_total{job="minio"}', steps([0, 10], [1, 15], [0, 10])]],
      labels: { job: "minio" },
      ...{ quiet: "9m", fires: "20m", over: "30m" },
    },
  },
  {
    name: "ChimeraMinioFull",
    severity: "WARN",
    expr: "min by (job) (minio_cluster_capacity_usable_free_bytes / minio_cluster_capacity_usable_total_bytes) < 0.1",
    for: "15m",
    summary: "MinIO is nearly full",
    means: "Less than a tenth of the room is left for reports, recordings and backups.",
    look: "Which bucket grows; how long recordings and old versions are kept.",
    act: "Add drives, or keep less.",
    proof: {
      series: [
        ['minio_cluster_capacity_usable_free_bytes{job="minio"}', steps([500, 10], [50, 30], [500, 10])],
        ['minio_cluster_capacity_usable_total_bytes{job="minio"}', "1000x60"],
      ],
      labels: { job: "minio" },
      ...{ quiet: "20m", fires: "35m", over: "45m" },
    },
  },
];

export const STORE_ALERTS: AlertGroup = {
  name: "stores",
  title: "Stores and backups",
  step: "1m",
  alerts: [...SERVICE_STORES, ...REDIS, ...BACKUPS, ...SERVERS],
};
