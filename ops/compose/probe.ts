/** Whether what runs in this container is well: exit code 0 where it answers, for HEALTHCHECK and compose. */

const about = `Usage: bun ops/compose/probe.ts [URL]

Asks URL, or without one the /health of whichever documented port answers on loopback. Exit code 0: it answered with a
status below 400 within 5 s; else 1, and says why.`;

const FIRST_PORT = 8081;
const PORTS = 15;
const TIMEOUT_MS = 5_000;

/** On loopback it is this container's own process: its certificate is for the name that others know it by. */
const ask = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), tls: { rejectUnauthorized: !isHere(url) } });
const isHere = (url: string): boolean => new URL(url).hostname === "127.0.0.1";

async function someAnswer(): Promise<Response> {
  const urls = Array.from({ length: PORTS }, (_, at) => `http://127.0.0.1:${FIRST_PORT + at}/health`);
  return await Promise.any([...urls, ...urls.map((url) => url.replace("http:", "https:"))].map(ask));
}

const [url] = process.argv.slice(2);
if (url === "--help") {
  process.stdout.write(`${about}\n`);
  process.exit(0);
}
try {
  const { ok, status } = await (url === undefined ? someAnswer() : ask(url));
  if (!ok) process.stderr.write(`${url ?? "loopback"} answers with ${status}\n`);
  process.exit(ok ? 0 : 1);
} catch (error) {
  process.stderr.write(`${url ?? "loopback"} does not answer: ${String(error)}\n`);
  process.exit(1);
}
