/** How long a connection lives: pings that must be answered, and the end after a day, announced before. */
import type { Market } from "../../shared/domain/instrument.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import type { SocketPath } from "./binance/stream-names.ts";
import type { SessionSide, Wire } from "./sessions.ts";

const MINUTE_MS = 60_000;
const PING_MS: Readonly<Record<Market, number>> = { SPOT: 20_000, FUT: 3 * MINUTE_MS };
/** Without a pong for so long the connection is cut. */
const SILENT_MS: Readonly<Record<Market, number>> = { SPOT: MINUTE_MS, FUT: 10 * MINUTE_MS };
const DAY_MS = 24 * 60 * MINUTE_MS;
const ANNOUNCED_MS = 10 * MINUTE_MS;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

export interface Connected {
  readonly clock: Clock;
  readonly path: SocketPath;
  readonly wire: Wire;
  readonly session: SessionSide;
}

export class Lifetime {
  private readonly connected: Connected;
  private readonly cancels: Cancel[];
  private cancelPing: Cancel = () => {};
  private heardAt: number;
  private asked = false;

  constructor(connected: Connected) {
    const { clock, session } = connected;
    this.connected = connected;
    this.heardAt = clock.now();
    this.cancels = [
      clock.after(DAY_MS - ANNOUNCED_MS, () => this.announce()),
      clock.after(DAY_MS, () => session.end(GOING_AWAY, "A connection lives for 24 hours")),
    ];
    if (connected.wire.ping) this.await();
  }

  private await(): void {
    const { clock, path } = this.connected;
    this.cancelPing = clock.after(PING_MS[path.market], () => this.ping());
  }

  private ping(): void {
    const { clock, path, wire, session } = this.connected;
    const now = clock.now();
    if (this.asked && now - this.heardAt >= SILENT_MS[path.market]) {
      session.end(POLICY_VIOLATION, "Pong timeout");
      return;
    }
    this.asked = true;
    wire.ping?.(String(Math.floor(now)));
    this.await();
  }

  /** The client answered a ping. */
  pong(): void {
    this.heardAt = this.connected.clock.now();
    this.asked = false;
  }

  private announce(): void {
    const { clock, path, wire } = this.connected;
    const event = { e: "serverShutdown", E: Math.floor(clock.now()) };
    wire.send(JSON.stringify(path.kind === "ws-api" ? { event } : event));
  }

  end(): void {
    for (const cancel of this.cancels) cancel();
    this.cancelPing();
  }
}
