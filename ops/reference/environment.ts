/** Variables of the environment that are no service's settings: what processes, commands, tests and benchmarks read. */

export interface Variable {
  name: string;
  fallback?: string;
  about: string;
}

export const PROCESS_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_DATA", fallback: "data", about: "The data folder" },
  { name: "CHIMERA_MODE", fallback: "paper", about: "paper, testnet or live; a data folder belongs to one" },
  {
    name: "CHIMERA_VENUE_KIND",
    about: "What is traded on, such as paper-agents or binance; a data folder belongs to one. Unset: by the mode",
  },
  {
    name: "CHIMERA_URL_S01",
    about: "Where a service is, and so on to CHIMERA_URL_S12: addresses with commas between them, one per replica",
  },
  { name: "CHIMERA_PORT_OFFSET", fallback: "0", about: "Added to every documented port" },
  { name: "CHIMERA_LOG", fallback: "info", about: "debug, info, warn or error" },
  {
    name: "CHIMERA_CLOCK_AHEAD_MS",
    fallback: "0",
    about: "How far the clock stands from the machine's; the same for all",
  },
  {
    name: "CHIMERA_MASTER_KEY_FILE",
    about: "File of the key that exchange keys are sealed under: 32 bytes in hex; unset: the data folder's own",
  },
  {
    name: "CHIMERA_SERVICE_KEY",
    about: "What services sign their tokens with, 32 bytes or more in hex, where there is no data folder to keep it",
  },
  { name: "CHIMERA_ADMIN_PASSWORD", about: "The first user's password; unset: one is made and shown once" },
  {
    name: "CHIMERA_BUNDLE_TEXT",
    about: "A bundle in YAML or JSON to trade by from the start, as `up --bundle` reads it",
  },
  { name: "CHIMERA_WEB_FOLDER", about: "Where the built web page lies; unset: it is built into the data folder" },
  { name: "CHIMERA_GIT_COMMIT", about: "What `/health` says it was built from; unset: asked of git" },
  { name: "CHIMERA_BUILT_AT", about: "And when; unset: asked of git" },
];

export const VENUE_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_MARKET", fallback: "agents", about: "The paper venue's market, as `up --market` names it" },
  { name: "CHIMERA_SEED", about: "The agents market's seed; unset: another each start" },
  { name: "CHIMERA_HISTORY", about: "What was before, from kline files, as `up --history` names it" },
  { name: "CHIMERA_VENUE_ADMIN_TOKEN", about: "The token of the paper venue's admin API; unset: made up" },
  { name: "CHIMERA_VENUE_JOURNAL_MB_MAX", about: "How much of the venue's journal is kept, MB" },
];

export const COMMAND_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_PASSWORD", about: "Your password, for commands that ask the gateway" },
  { name: "CHIMERA_TOTP", about: "A code of your second factor, for one sign-in" },
  { name: "CHIMERA_TOKEN", about: "An access token or API key, instead of signing in" },
  { name: "CHIMERA_NEW_PASSWORD", about: "The new one, for `./chimera user password`" },
  { name: "CHIMERA_NEW_API_KEY", about: "The exchange's key, for `./chimera keys set`" },
  { name: "CHIMERA_NEW_API_SECRET", about: "And its secret" },
  {
    name: "CHIMERA_OLD_API_KEY",
    about: "The followed site's exchange key, for a standby whose backups do not have it",
  },
  { name: "CHIMERA_OLD_API_SECRET", about: "And its secret" },
  { name: "CHIMERA_ARCHIVE_URL", about: "Where `./chimera data download` finds an archive of market data" },
  { name: "CHIMERA_DEBUG", about: "Anything: failures of commands are shown with their stacks" },
];

export const CONTAINER_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_IMAGE", fallback: "chimera:0.1.0", about: "Compose: the image of services and commands" },
  { name: "CHIMERA_REDIS_IMAGE", fallback: "chimera-redis:0.1.0", about: "Compose: Redis's" },
  { name: "CHIMERA_MINIO_IMAGE", fallback: "chimera-minio:0.1.0", about: "Compose: MinIO's" },
  { name: "CHIMERA_UID", fallback: "1000", about: "Compose: whom all run as: who owns the files of secrets" },
  { name: "CHIMERA_GID", fallback: "1000", about: "Compose: and their group" },
  { name: "CHIMERA_SECRETS", fallback: "./secrets", about: "Compose: the folder of secrets, from ops/compose on" },
  { name: "CHIMERA_DESK_SUBNET", fallback: "172.30.92.0/24", about: "Compose: the network that the host reaches" },
  { name: "CHIMERA_DESK_GATEWAY", fallback: "172.30.92.1", about: "Compose: the host's address there" },
  { name: "CHIMERA_GRAFANA_PASSWORD", about: "Grafana's first password: a file that `./chimera secrets make` makes" },
  { name: "CHIMERA_ARANGO_JWT", about: "What an ArangoDB cluster's servers know each other by: likewise a file" },
  { name: "CHIMERA_ARANGO_JWT_SECRET", about: "The same, for who gives a new cluster's root its password" },
];

export const INIT_VARIABLES: readonly Variable[] = [
  {
    name: "CHIMERA_ARANGO_ROOT_USER",
    fallback: "root",
    about: "Who may make databases and users, for `./chimera init`",
  },
  { name: "CHIMERA_ARANGO_ROOT_PASSWORD", about: "And the password" },
];

export const TRIAL_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_MARKET_DATA", about: "A folder of recorded markets, for the tests and benchmarks that use one" },
  { name: "CHIMERA_TEST_ARANGO", about: "An ArangoDB server, http://user:password@host:port, for its adapter's tests" },
  { name: "CHIMERA_TEST_S3", about: "An S3 store, http://key:secret@host:port, for its adapter's tests" },
  { name: "CHIMERA_BENCH_PEERS", about: "Where benchmarks keep the programs that they compare with" },
  { name: "CHIMERA_SIMULATE_SIGNALS", fallback: "1000000", about: "Signals of the benchmark of simulations" },
  { name: "CHIMERA_SOAK_REQUESTS", about: "Requests of the venue's soak benchmark" },
  { name: "CHIMERA_PAGE_MINUTES", about: "Minutes of the page's benchmark" },
];
