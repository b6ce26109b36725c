/** One connection to an upstream exchange's streams, kept up: opened again with growing waits, given up when it is silent. */
import type { Cancel, Clock, Net, Socket } from "../../shared/kit/ports.ts";

const RETRY_MS = 500;
const RETRY_MS_MAX = 30_000;
/** Without any message for so long the connection is taken for dead. */
const SILENT_MS = 15_000;
const LOOK_MS = 1_000;

export interface LineParts {
  readonly net: Net;
  readonly clock: Clock;
  readonly url: string;
  opened(): void;
  message(text: string): void;
  lost(reason: string): void;
}

export class MirrorLine {
  private readonly parts: LineParts;
  private socket: Socket | undefined;
  private cancel: Cancel = () => {};
  private readonly cancelWatch: Cancel;
  private waitMs = RETRY_MS;
  private heardAt = 0;
  private stopped = false;
  /** Counts connections, so that an old one's last words are not taken for the new one's. */
  private attempt = 0;

  constructor(parts: LineParts) {
    this.parts = parts;
    this.cancelWatch = parts.clock.every(LOOK_MS, () => this.look());
    this.connect();
  }

  private connect(): void {
    const { net, clock, url } = this.parts;
    this.attempt += 1;
    const { attempt } = this;
    const isOurs = (): boolean => attempt === this.attempt && !this.stopped;
    this.heardAt = clock.now();
    this.socket = net.connect(url, {
      open: () => {
        if (isOurs()) this.parts.opened();
      },
      message: (text) => {
        if (!isOurs()) return;
        this.heardAt = clock.now();
        this.waitMs = RETRY_MS;
        this.parts.message(text);
      },
      close: (reason) => {
        if (isOurs()) this.fell(reason);
      },
    });
  }

  private look(): void {
    if (this.socket === undefined || this.parts.clock.now() - this.heardAt < SILENT_MS) return;
    this.attempt += 1;
    this.socket.close();
    this.fell(`no message for ${SILENT_MS / 1_000} s`);
  }

  private fell(reason: string): void {
    this.socket = undefined;
    this.parts.lost(reason);
    this.cancel = this.parts.clock.after(this.waitMs, () => this.connect());
    this.waitMs = Math.min(RETRY_MS_MAX, this.waitMs * 2);
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
    this.cancelWatch();
    this.socket?.close();
  }
}
