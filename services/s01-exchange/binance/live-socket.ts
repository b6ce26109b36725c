/** A WebSocket that stays: it comes back with growing waits, notices half-open silence and is replaced before its time. */
import type { Cancel, Socket } from "../../../shared/kit/ports.ts";
import type { Surroundings } from "../types.ts";

const OPEN_MS_MAX = 10_000;
const WAIT_MS_MIN = 250;
const WAIT_MS_MAX = 30_000;
/** How long two sockets run side by side when one replaces the other. */
const OVERLAP_MS = 5_000;

export interface LiveSocketSpec {
  readonly name: string;
  /** Asked before each connection; when it fails, that counts as a failed connection. */
  url(): string | Promise<string>;
  /** `replaces`: the one before is still there, so nothing was missed. */
  opened(send: (text: string) => void, replaces: boolean): void;
  message(text: string): void;
  /** Nothing is connected any more. */
  down(reason: string): void;
  /** Sent into a silence; the answer shows that the other side lives. */
  probe(): string;
}

interface Link {
  socket: Socket | undefined;
  opened: boolean;
  done: boolean;
  heardAt: number;
  readonly timers: Map<"open" | "life" | "watch", Cancel>;
}

export class LiveSocket {
  private readonly around: Surroundings;
  private readonly spec: LiveSocketSpec;
  private current: Link | undefined;
  private next: Link | undefined;
  private retry: Cancel | undefined;
  private failures = 0;
  private running = false;

  constructor(around: Surroundings, spec: LiveSocketSpec) {
    this.around = around;
    this.spec = spec;
  }

  get up(): boolean {
    return this.current?.opened === true;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.current = this.dial();
    this.tellUp();
  }

  stop(): void {
    this.running = false;
    this.retry?.();
    this.tellUp();
    for (const link of [this.current, this.next]) if (link) this.abandon(link);
    this.current = this.next = undefined;
  }

  /** Drops the connection and makes a new one: it is known to be of no use. */
  restart(reason: string): void {
    if (this.current) this.ended(this.current, reason);
  }

  send(text: string): void {
    if (this.up) this.current!.socket!.send(text);
  }

  private dial(): Link {
    const link: Link = { socket: undefined, opened: false, done: false, heardAt: 0, timers: new Map() };
    const { clock, net } = this.around;
    link.timers.set(
      "open",
      clock.after(OPEN_MS_MAX, () => {
        if (!link.opened) this.ended(link, "did not open in time");
      }),
    );
    const connect = (url: string) => {
      if (link.done) return;
      link.socket = net.connect(url, {
        open: () => this.opened(link),
        message: (text) => {
          if (link.done) return;
          link.heardAt = clock.mono();
          this.failures = 0;
          this.spec.message(text);
        },
        close: (reason) => this.ended(link, reason),
      });
    };
    Promise.resolve()
      .then(() => this.spec.url())
      .then(connect)
      .catch((error) => this.ended(link, String(error)));
    return link;
  }

  private opened(link: Link): void {
    if (link.done) return;
    const { clock, settings } = this.around;
    link.opened = true;
    link.heardAt = clock.mono();
    const replaces = link === this.next;
    if (replaces) {
      const old = this.current!;
      this.current = link;
      this.next = undefined;
      clock.after(OVERLAP_MS, () => this.abandon(old));
    }
    this.tellUp();
    this.spec.opened((text) => link.socket!.send(text), replaces);
    link.timers.set(
      "life",
      clock.after(settings.socketLifeMs, () => {
        if (this.running && link === this.current && !this.next) this.next = this.dial();
      }),
    );
    this.watch(link);
  }

  /** Asks for a sign of life after half the allowed silence, gives up when that, too, stays without an answer. */
  private watch(link: Link, askedAt = Number.NEGATIVE_INFINITY): void {
    const { clock, settings } = this.around;
    const half = settings.silenceMs / 2;
    link.timers.set(
      "watch",
      clock.after(half, () => {
        if (link.done) return;
        const silence = clock.mono() - link.heardAt;
        // A late timer alone is no proof: the other side must have been asked since it was last heard.
        const isAsked = askedAt > link.heardAt;
        if (isAsked && silence >= settings.silenceMs) {
          this.ended(link, `silent for ${Math.round(silence)} ms`);
          return;
        }
        if (silence < half) return this.watch(link);
        if (!isAsked) link.socket!.send(this.spec.probe());
        this.watch(link, isAsked ? askedAt : clock.mono());
      }),
    );
  }

  private ended(link: Link, reason: string): void {
    if (link.done) return;
    this.abandon(link);
    const { clock, log, meters, random } = this.around;
    if (!this.running) return;
    if (link === this.next) {
      log.warn("Replacement socket failed", { socket: this.spec.name, reason });
      this.next = undefined;
      clock.after(WAIT_MS_MAX, () => {
        if (this.running && this.current?.opened && !this.next) this.next = this.dial();
      });
      return;
    }
    if (link !== this.current) return;
    const wasOpen = link.opened;
    this.current = this.next;
    this.next = undefined;
    this.tellUp();
    meters.reconnects.inc({ socket: this.spec.name });
    log.warn("Socket lost", { socket: this.spec.name, reason, failures: this.failures });
    if (wasOpen) this.spec.down(reason);
    if (this.current) return;
    const wait = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(this.failures, 10)) * (0.5 + random.next());
    this.failures++;
    this.retry = clock.after(wait, () => {
      if (this.running) this.current = this.dial();
    });
  }

  private tellUp(): void {
    this.around.meters.socketUp.set(Number(this.running && this.up), { socket: this.spec.name });
  }

  private abandon(link: Link): void {
    if (link.done) return;
    link.done = true;
    for (const cancel of link.timers.values()) cancel();
    try {
      link.socket?.close();
    } catch (error) {
      this.around.log.debug("Socket did not close cleanly", { socket: this.spec.name, error: String(error) });
    }
  }
}
