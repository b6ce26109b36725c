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
    name: "CHIMERA_REDIS_URL",
    about: "redis://, rediss://, redis-sentinel:// or redis-cluster://; unset: an own server",
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

export const TRIAL_VARIABLES: readonly Variable[] = [
  { name: "CHIMERA_MARKET_DATA", about: "A folder of recorded markets, for the tests and benchmarks that use one" },
  { name: "CHIMERA_TEST_ARANGO", about: "An ArangoDB server, http://user:password@host:port, for its adapter's tests" },
  { name: "CHIMERA_TEST_S3", about: "An S3 store, http://key:secret@host:port, for its adapter's tests" },
  { name: "CHIMERA_BENCH_PEERS", about: "Where benchmarks keep the programs that they compare with" },
  { name: "CHIMERA_SIMULATE_SIGNALS", fallback: "1000000", about: "Signals of the benchmark of simulations" },
  { name: "CHIMERA_SOAK_REQUESTS", about: "Requests of the venue's soak benchmark" },
  { name: "CHIMERA_PAGE_MINUTES", about: "Minutes of the page's benchmark" },
];
