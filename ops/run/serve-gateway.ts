/** Puts the gateway on its port for this machine and, where that is wanted, at another address over TLS for all. */
import { hostname } from "node:os";
import type { Logger } from "pino";
import { SECURITY_HEADERS } from "../../services/s12-gateway/web-files.ts";
import { wallClock } from "../../shared/adapters/clock.ts";
import { Problem } from "../../shared/errors.ts";
import { arrive } from "../../shared/kit/arrival.ts";
import { createTokens } from "../../shared/kit/auth.ts";
import type { Hosted } from "../../shared/kit/host.ts";
import type { Cancel, Clock } from "../../shared/kit/ports.ts";
import { problemResponse } from "../../shared/kit/problem.ts";
import { type Certificate, certificateFor } from "./certificate.ts";
import type { DataFolder } from "./folder.ts";
import { type GatewaySettings, type Opening, readGatewaySettings, type TlsWanted } from "./gateway-settings.ts";
import { isEverywhere, listenAt } from "./place.ts";
import { type Env, LOOPBACK, readProcessSettings } from "./process-settings.ts";
import { isLoopback, OF_PROXIES } from "./proxies.ts";
import { type Listening, listen, type ServedPeer } from "./serve.ts";
import { canSharePorts } from "./shared-port.ts";

/** Live events have a heartbeat more often than that; whoever says nothing for longer is not held a socket for. */
const IDLE_SECONDS = 60;
/** How often certificate files are looked at, by any clock. */
const LOOK_MS = 30_000;
const IN_PLACE_MS_MAX = 15_000;
const IN_PLACE_LOOK_MS = 10;
const YEAR_SECONDS = 31_536_000;
const WHAT = "the gateway";
/** Browsers judge certificates by real time, whatever time it is for trading. */
const machine = wallClock();

export interface GatewayParts {
  hosted: Pick<Hosted, "fetch">;
  /** Where it takes the place of a gateway that runs, and listens beside it until that has gone. */
  relieving?: Relieving;
  port: number;
  env: Env;
  folder: Pick<DataFolder, "path">;
  /** By which a request from another machine is known to be a service's, where it is not encrypted. */
  serviceKey: Uint8Array;
  clock: Clock;
  log: Logger;
}

export interface Relieving {
  /** Whether it has been handed what only one can have: from then on it can answer. */
  isInPlace(): boolean;
}

/** Throws an Error where a setting is wrong, a file is no certificate, or a port is taken. */
export async function serveGateway(parts: GatewayParts): Promise<ServedPeer> {
  const settings = readGatewaySettings(parts.env);
  const { open } = settings;
  const at = listenAt(readProcessSettings(parts.env), parts.port);
  const shares = parts.relieving ? "next" : "first";
  const here = listen(WHAT, {
    ...{ ...at, shares },
    ...answering(parts, settings, { isTls: at.tls !== undefined, isForServices: true }),
  });
  try {
    const there = open && (await opened(open, parts, settings));
    const both = (what: "stop" | "quiet" | "finish") => async () => {
      await Promise.all([here[what](), there?.[what]()]);
    };
    const leave = () => {
      here.leave();
      there?.leave();
    };
    const isShared = here.isShared && (there?.isShared ?? true);
    const takesAll = here.takesAll && (there?.takesAll ?? true);
    if (canSharePorts && !isShared) {
      parts.log.warn({}, "this system lets nobody share a port: while the gateway is restarted, it is away");
    }
    if (!takesAll) {
      parts.log.warn(
        {},
        "the system spreads connections over two gateways: a few may be cut off when the older one goes",
      );
    }
    return {
      ...{ port: here.port, leave, isShared, takesAll },
      ...{ stop: both("stop"), quiet: both("quiet"), finish: both("finish") },
    };
  } catch (error) {
    await here.stop();
    throw error;
  }
}

/** Where the gateway is open to others, for whoever started it; undefined where it is not. */
export async function openingOf(
  env: Env,
  folder: Pick<DataFolder, "path">,
): Promise<{ url: string; certificate: Certificate | undefined } | undefined> {
  const { open } = readGatewaySettings(env);
  if (!open) return undefined;
  const certificate = open.tls && (await certificateFor(open.tls, folder, machine.now()));
  const name = open.tls?.names.find((each) => each !== open.host) ?? open.host;
  const shown = isEverywhere(name) ? hostname() : name.includes(":") ? `[${name}]` : name;
  return { url: `${open.tls ? "https" : "http"}://${shown}:${open.port}/`, certificate };
}

function opened(
  { host, port, tls }: Opening,
  parts: GatewayParts,
  settings: GatewaySettings,
): ServedPeer | Promise<ServedPeer> {
  const at = { hostname: host, port, shares: parts.relieving ? "next" : "first" } as const;
  if (tls) return overTls(at, tls, [parts, settings]);
  return listen(WHAT, { ...at, ...answering(parts, settings, { isTls: false }) });
}

/**
 * A certificate that has changed on disk, or was renewed, is taken up by a new socket in the old one's place: whoever
 * is connected stays, and nobody is refused. One that is of no use changes nothing.
 */
async function overTls(
  at: Pick<Listening, "hostname" | "port" | "shares">,
  tls: TlsWanted,
  [parts, settings]: [GatewayParts, GatewaySettings],
): Promise<ServedPeer> {
  const { folder, clock, log } = parts;
  const find = () => certificateFor(tls, folder, machine.now());
  const begin = (certificate: Certificate) => {
    const { cert, key } = certificate;
    // Not with a self-signed one: browsers would let nobody past the warning any more.
    const how = { isTls: true, isPublic: !certificate.isSelfSigned };
    const begun = listen(WHAT, { ...at, tls: { cert, key }, ...answering(parts, settings, how) });
    const { fingerprint, endsAt } = certificate;
    log.info({ fingerprint, ends_at: new Date(endsAt).toISOString(), ...at }, "the gateway is open over TLS");
    return begun;
  };
  let used = await find();
  let listening = begin(used);
  let complained = "";
  const look = async () => {
    try {
      const found = await find();
      complained = "";
      if (found.cert === used.cert && found.key === used.key) return;
      void listening.stop(true);
      try {
        listening = begin(found);
      } catch (error) {
        listening = begin(used);
        throw error;
      }
      used = found;
    } catch (error) {
      // Once: the files may be in the middle of being replaced, and may stay wrong for long.
      if (complained !== String(error)) log.error({ error: String(error) }, "the new certificate is of no use");
      complained = String(error);
    }
  };
  const cancel: Cancel = clock.every(LOOK_MS, look);
  const lastly = (what: "stop" | "finish") => async () => {
    cancel();
    await listening[what]();
  };
  return {
    port: listening.port,
    isShared: listening.isShared,
    takesAll: listening.takesAll,
    leave() {
      // A socket opened from here on would be the newest, and get what the next gateway is there for.
      cancel();
      listening.leave();
    },
    quiet: () => listening.quiet(),
    stop: lastly("stop"),
    finish: lastly("finish"),
  };
}

type Answering = Required<Pick<Listening, "answer" | "idleSeconds">>;

interface Socketed {
  isTls: boolean;
  /** Where services reach it. */
  isForServices?: boolean;
  /** By a certificate that browsers trust. */
  isPublic?: boolean;
}

function answering(
  { hosted, relieving, serviceKey, clock }: GatewayParts,
  { proxies, isLocal }: GatewaySettings,
  { isTls, isForServices = false, isPublic = false }: Socketed,
): Answering {
  const tokens = createTokens(serviceKey, clock);
  let waits = relieving;
  const isOfService = (request: Request) =>
    tokens.verify((request.headers.get("authorization") ?? "").replace(/^Bearer /i, ""), "s12").then(
      ({ kind }) => kind === "service",
      () => false,
    );
  return {
    idleSeconds: IDLE_SECONDS,
    async answer(request, server) {
      const peer = server.requestIP(request)?.address;
      const arrival = proxies.arrival(request, isLocal(peer) ? LOOPBACK : peer, isTls);
      for (const name of OF_PROXIES) request.headers.delete(name);
      if (!arrival.isTls && !isLoopback(arrival.from) && !isProbe(request)) {
        // Services reach each other as they are told to; nobody's password is in what they say.
        if (!isForServices || !(await isOfService(request))) return inTheClear();
      }
      if (waits && !isProbe(request)) {
        // Once it was, it is the only one, and says at once what it cannot do.
        if (await untilInPlace(waits, clock)) waits = undefined;
        if (request.signal.aborted) return goneAway();
      }
      const response = await hosted.fetch(arrive(request, arrival));
      if (isPublic) response.headers.set("strict-transport-security", `max-age=${YEAR_SECONDS}`);
      return response;
    },
  };
}

/** Longer than the one before takes to finish what it has in hand; what is still too early is told when to come again. */
async function untilInPlace({ isInPlace }: Relieving, clock: Clock): Promise<boolean> {
  const deadline = clock.mono() + IN_PLACE_MS_MAX;
  while (!isInPlace() && clock.mono() < deadline) await clock.sleep(IN_PLACE_LOOK_MS);
  return isInPlace();
}

/** What a proxy asks for itself; it tells nothing of anybody. */
const isProbe = ({ method, url }: Request): boolean => method === "GET" && /^[^?]*\/\/[^/]+\/(health|ready)$/.test(url);

/** Nothing is done for them: whoever hung up takes what they asked for as undone, and may have asked again. */
const goneAway = (): Response => problemResponse(new Problem("UNAVAILABLE", "Whoever asked has gone away."));

const inTheClear = (): Response =>
  problemResponse(
    new Problem(
      "FORBIDDEN",
      "This came unencrypted from another machine. A proxy has to be among CHIMERA_TRUSTED_PROXIES, and to say " +
        "X-Forwarded-Proto: https with X-Forwarded-For.",
    ),
    { ...SECURITY_HEADERS, "cache-control": "no-store" },
  );
