/** The dashboard of what keeps the data: the services' stores, Redis, ArangoDB, MinIO, backups. */
import { type Dashboard, line, q, type Row, stat } from "./panel.ts";

const services: Row = {
  title: "As services see their stores",
  panels: [
    line(
      "Commits",
      [
        "95th percentile of the time until durable, by service; 80 ms is the objective.",
        "ms",
        q("service:chimera_commit_ms:p95_5m", "{{service}}"),
      ],
      {
        limits: [
          [null, "green"],
          [80, "red"],
        ],
      },
    ),
    line("Commits a second", [
      "By service.",
      "ops",
      q("sum by (service) (rate(chimera_commit_ms_count[$__rate_interval]))", "{{service}}"),
    ]),
    line("Reads", [
      "95th percentile by operation, of all services.",
      "ms",
      q(
        "histogram_quantile(0.95, sum by (operation, le) (rate(chimera_store_read_ms_bucket[$__rate_interval])))",
        "{{operation}}",
      ),
    ]),
    line("Errors", [
      "What stores failed at, a second.",
      "ops",
      q(
        "sum by (service, operation) (rate(chimera_store_errors_total[$__rate_interval]))",
        "{{service}} {{operation}}",
      ),
    ]),
    line("Recordings", [
      "Market data written, compressed.",
      "Bps",
      q("sum(rate(chimera_recorded_bytes_total[$__rate_interval]))", "written"),
    ]),
    line("Frames left out of the recording", [
      "A second: the disk or the object store does not keep up.",
      "ops",
      q("sum(rate(chimera_unrecorded_frames_total[$__rate_interval]))", "left out"),
    ]),
  ],
};
const redis: Row = {
  title: "Redis (between processes)",
  panels: [
    stat("Redis", ["Whether it answers.", "none", q("max(chimera_redis_up)")], {
      words: [
        ["away", "red"],
        ["up", "green"],
      ],
    }),
    stat("On its disk", ["Whether its last write there went well.", "none", q("min(chimera_redis_persisted)")], {
      words: [
        ["no", "red"],
        ["yes", "green"],
      ],
    }),
    stat("Evicted keys", ["Must be none.", "none", q("max(chimera_redis_evicted_keys)")], {
      limits: [
        [null, "green"],
        [1, "red"],
      ],
    }),
    stat("Connections", ["Of all processes.", "none", q("max(chimera_redis_clients)")]),
    stat("Answers in", ["A look at all that it tells of itself.", "ms", q("max(chimera_redis_answer_ms)")], {
      width: 8,
    }),
    line(
      "Memory",
      [
        "Taken, and what it may take (0: all there is).",
        "bytes",
        [q("max(chimera_redis_memory_used_bytes)", "taken"), q("max(chimera_redis_memory_max_bytes)", "allowed")],
      ],
      { width: 12 },
    ),
    line(
      "Time to answer",
      ["Of the Redis server, as S11 sees it.", "ms", q("max(chimera_redis_answer_ms)", "answer")],
      { width: 12 },
    ),
  ],
};
const arango: Row = {
  title: "ArangoDB (where it is the store)",
  panels: [
    line("Requests", [
      "A second, by server.",
      "reqps",
      q(
        "sum by (instance) (rate(arangodb_http_request_statistics_total_requests_total[$__rate_interval]))",
        "{{instance}}",
      ),
    ]),
    line("Time to answer", [
      "95th percentile by server.",
      "s",
      q(
        "histogram_quantile(0.95, sum by (instance, le) (rate(arangodb_client_connection_statistics_total_time_bucket[$__rate_interval])))",
        "{{instance}}",
      ),
    ]),
    line("Memory and disk", [
      "Resident memory, and what is free on its disk.",
      "bytes",
      [
        q("sum by (instance) (arangodb_process_statistics_resident_set_size)", "memory {{instance}}"),
        q("sum by (instance) (rocksdb_free_disk_space)", "free disk {{instance}}"),
      ],
    ]),
  ],
};
const minio: Row = {
  title: "MinIO (where it keeps blobs)",
  panels: [
    line("Requests", [
      "A second, and those that failed.",
      "reqps",
      [
        q("sum by (api) (rate(minio_s3_requests_total[$__rate_interval]))", "{{api}}"),
        q("sum(rate(minio_s3_requests_5xx_errors_total[$__rate_interval]))", "errors"),
      ],
    ]),
    line("Room", [
      "Free and in all, of what can be used.",
      "bytes",
      [
        q("min(minio_cluster_capacity_usable_free_bytes)", "free"),
        q("min(minio_cluster_capacity_usable_total_bytes)", "in all"),
      ],
    ]),
    stat(
      "Drives away",
      ["One more than is allowed for, and data cannot be read.", "none", q("max(minio_cluster_drive_offline_total)")],
      {
        width: 8,
        limits: [
          [null, "green"],
          [1, "red"],
        ],
      },
    ),
  ],
};
const backups: Row = {
  title: "Backups",
  panels: [
    stat(
      "Age of the newest backup",
      [
        "What would be lost with the stores. Where CHIMERA_BACKUP_TO names a place.",
        "s",
        q("time() - max(chimera_backup_newest_timestamp_seconds)"),
      ],
      {
        width: 8,
        limits: [
          [null, "green"],
          [7_200, "orange"],
          [10_800, "red"],
        ],
      },
    ),
    line(
      "Age of the newest backup",
      [
        "A saw: it falls with each backup.",
        "s",
        q("time() - max by (of) (chimera_backup_newest_timestamp_seconds)", "{{of}}"),
      ],
      { width: 16 },
    ),
  ],
};

export const STORES: Dashboard = {
  uid: "chimera-stores",
  title: "Chimera: stores",
  about: "What keeps the data: the services' stores, Redis, ArangoDB, MinIO and backups.",
  variables: [],
  rows: [services, redis, arango, minio, backups],
};
