/**
 * Benchmark: what the venue answers to a million requests that are malformed, unsigned, stale or oversized, among fine
 * ones, and what that does to its memory. `CHIMERA_SOAK_REQUESTS` sets how many.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { seededRandom } from "../../shared/adapters/random.ts";
import { ROOT } from "../build.ts";
import { HostileRequests } from "./hostile-requests.ts";
import { type Benchmark, type Result, type Row, summarise } from "./measure.ts";

const REQUESTS_DEFAULT = 1_000_000;
const AT_ONCE = 64;
/** Memory is looked at after each of so many parts. */
const PARTS = 10;
const SLOW_SOCKETS = 200;
const WS_EVERY = 50;
const KIB_IN_MIB = 1_024;

interface Ports {
  readonly spot: number;
  readonly um: number;
  readonly admin: number;
}

/** Resident memory, MiB. */
const residentOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / KIB_IN_MIB;

async function serve() {
  const command = ["bun", join(ROOT, "ops", "bench", "venue-soak.server.ts")];
  const child = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "pipe" });
  const { value } = await child.stdout.getReader().read();
  return { child, ports: JSON.parse(new TextDecoder().decode(value)) as Ports };
}

class Soak {
  readonly answers = new Map<string, number>();
  private readonly ports: Ports;
  private readonly requests = new HostileRequests(seededRandom("soak"));
  private readonly socketTexts = seededRandom("soak sockets");

  constructor(ports: Ports) {
    this.ports = ports;
  }

  private count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }

  /** Sends so many, `AT_ONCE` at a time. */
  async send(count: number): Promise<void> {
    let left = count;
    const sender = async (): Promise<void> => {
      while (left-- > 0) await (left % WS_EVERY === 0 ? this.socket() : this.request());
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  }

  private async request(): Promise<void> {
    const { method, path, headers, body } = this.requests.next(Date.now());
    const port = path.startsWith("/fapi") ? this.ports.um : this.ports.spot;
    try {
      const init = { method, headers, ...(body === undefined ? {} : { body }) };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, init);
      const text = await answer.text();
      const code = /^\{"code":(-?\d+)/.exec(text)?.[1];
      this.count(code === undefined ? `HTTP ${answer.status}` : code);
    } catch (error) {
      this.count((error as { code?: string }).code ?? (error as Error).name);
    }
  }

  /** A connection that says something odd and waits for one answer or its end. */
  private socket(): Promise<void> {
    const { socketTexts: random } = this;
    const path = ["/ws", "/ws-api/v3", "/ws-fapi/v1", "/stream?streams=x", "/nowhere"][random.int(5)];
    const text = ["{", '{"method":"SUBSCRIBE","params":[1],"id":1}', '{"id":1,"method":"order.place"}', "é".repeat(3)][
      random.int(4)
    ] as string;
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.ports.spot}${path}`);
      socket.onopen = () => socket.send(text);
      socket.onmessage = () => socket.close();
      socket.onclose = ({ code }) => {
        this.count(`socket closed ${code}`);
        resolve();
      };
    });
  }
}

/** Connections that begin a request and never end it; they are closed by the venue, or with the benchmark. */
function slowLoris(port: number) {
  return Array.from({ length: SLOW_SOCKETS }, () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("POST /api/v3/order HTTP/1.1\r\nHost: venue\r\nContent-Length: 100\r\nX-Slow: ");
    return socket;
  });
}

async function run(): Promise<Result> {
  const total = Number(process.env.CHIMERA_SOAK_REQUESTS ?? REQUESTS_DEFAULT);
  const { child, ports } = await serve();
  const soak = new Soak(ports);
  const slow = slowLoris(ports.spot);
  const before = residentOf(child.pid);
  const memory: number[] = [];
  const rates: number[] = [];
  for (let part = 0; part < PARTS; part++) {
    const start = performance.now();
    await soak.send(total / PARTS);
    rates.push(total / PARTS / ((performance.now() - start) / 1_000));
    memory.push(residentOf(child.pid));
  }
  const alive = (await fetch(`http://127.0.0.1:${ports.spot}/api/v3/ping`)).status;
  const headers = { authorization: "Bearer soak" };
  const state = await (await fetch(`http://127.0.0.1:${ports.admin}/state`, { headers })).json();
  for (const socket of slow) socket.destroy();
  child.kill();
  const bugs = (await new Response(child.stderr).text()).split("BUG").length - 1;
  const rows: Row[] = [
    summarise("requests answered", "per s", rates),
    summarise("venue's memory", "MiB", memory),
    summarise("venue's memory before", "MiB", [before]),
  ];
  const answers = [...soak.answers].sort(([, a], [, b]) => b - a).map(([what, count]) => `${what}: ${count}`);
  const notes = [
    `${total.toLocaleString("en")} requests and ${SLOW_SOCKETS} that never end; then a ping: ${alive}; our own errors: ${bugs}`,
    `orders taken, which are kept: ${(state as { orders: number }).orders}`,
    `memory after each tenth, MiB: ${memory.map((mib) => Math.round(mib)).join(" ")}`,
    `answers by code: ${answers.join(", ")}`,
  ];
  return { rows, ratios: {}, notes };
}

export const benchmark: Benchmark = {
  what: "the venue under random malformed, unsigned, stale, oversized and hostile requests",
  run,
};
