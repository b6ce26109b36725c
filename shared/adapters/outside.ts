/** Servers outside, reached at the very address that was looked at first: a name cannot lead into our own network. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { createTransport } from "nodemailer";
import {
  type Outside,
  type OutsideAnswer,
  OutsideError,
  type OutsideMail,
  type OutsideMailAnswer,
  type OutsideRequest,
} from "../kit/outside.ts";
import type { Clock } from "../kit/ports.ts";
import { isPublicAddress } from "./public-address.ts";

/** What is read of an answer. */
const BODY_BYTES_MAX = 4_096;
/** The status has said whether it went well: its words are not waited for long. */
const BODY_MS_MAX = 1_000;
const CONNECT_MS_MAX = 5_000;
/** Before a byte of the request was sent: another address of the same name may be better. */
const NOT_CONNECTED = /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|FailedToOpenSocket|ConnectionRefused)$/;

export interface OutsideOptions {
  clock: Clock;
  /** All addresses of a name; the system's unless given. */
  resolve?(name: string): Promise<readonly string[]>;
  /** PEM of an authority to be trusted beside those of the system. */
  ca?: string;
}
interface Place {
  /** As it is written, for TLS and for the server. */
  name: string;
  addresses: readonly string[];
  /** By name and port: where our own network may be reached, and TLS is a choice. */
  isAllowed: boolean;
}

const systemResolve = async (name: string): Promise<readonly string[]> =>
  (await lookup(name, { all: true })).map(({ address }) => address);

export function openOutside({ clock, resolve = systemResolve, ca }: OutsideOptions): Outside {
  /** Throws OutsideError unless all that the name stands for may be reached. */
  async function find(name: string, port: number, allowed: readonly string[]): Promise<Place> {
    const isAllowed = allowed.includes(`${name}:${port}`.toLowerCase());
    const addresses = isIP(name) === 0 ? await resolve(name) : [name];
    if (addresses.length === 0) throw new OutsideError("failed", `${name} has no address`);
    const inner = isAllowed ? undefined : addresses.find((address) => !isPublicAddress(address));
    if (inner !== undefined) {
      throw new OutsideError("forbidden", `${name} is at ${inner}, which is no address of the public internet`);
    }
    // Where both are there, IPv4 is the one that most machines can reach.
    return { name, isAllowed, addresses: [...addresses].sort((a, b) => isIP(a) - isIP(b)) };
  }

  /** One deadline for all that `work` does; what it started is told by the signal. */
  async function within<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const control = new AbortController();
    const late = Promise.withResolvers<never>();
    const cancel = clock.after(timeoutMs, () => {
      const error = new OutsideError("failed", `no answer in ${timeoutMs} ms`);
      control.abort(error);
      late.reject(error);
    });
    try {
      return await Promise.race([work(control.signal), late.promise]);
    } catch (error) {
      throw asOutsideError(error);
    } finally {
      cancel();
      control.abort();
    }
  }

  async function post(request: OutsideRequest, signal: AbortSignal): Promise<OutsideAnswer> {
    const url = asUrl(request.url);
    const isTls = url.protocol === "https:";
    const name = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
    const place = await find(name, Number(url.port || (isTls ? 443 : 80)), request.allowed);
    if (!isTls && !place.isAllowed) throw new OutsideError("forbidden", "only https is spoken to others");
    const headers = { ...request.headers, host: url.host, "accept-encoding": "identity" };
    const tls = { ...(isIP(name) === 0 && { serverName: name }), ...(ca !== undefined && { ca }) };
    const body = request.body === undefined ? {} : { body: request.body };
    const init = { method: request.method, headers, signal, ...body, redirect: "manual" as const };
    const response = await eachAddress(place, (address) => {
      url.hostname = isIP(address) === 6 ? `[${address}]` : address;
      // Nothing is unpacked: a few bytes can be packed so that they fill the memory.
      return fetch(url, { ...init, tls, keepalive: false, decompress: false } as BunFetchRequestInit);
    });
    return { status: response.status, body: await beginningOf(response, clock) };
  }

  async function letter(mail: OutsideMail, signal: AbortSignal): Promise<OutsideMailAnswer> {
    const { host, port, tls: secure, user, password } = mail;
    const place = await find(host, port, mail.allowed);
    const [address] = place.addresses as [string];
    const transport = createTransport({
      ...{ host: address, port, secure },
      // Without it a stranger on the way could take the offer of encryption away, and read password and letter.
      requireTLS: !secure && !place.isAllowed,
      ...(user !== undefined && { auth: { user, pass: password ?? "" } }),
      tls: { ...(isIP(host) === 0 && { servername: host }), ...(ca !== undefined && { ca }) },
      connectionTimeout: CONNECT_MS_MAX,
      greetingTimeout: CONNECT_MS_MAX,
      socketTimeout: mail.timeoutMs,
      ...{ disableFileAccess: true, disableUrlAccess: true },
    });
    signal.addEventListener("abort", () => transport.close(), { once: true });
    const { from, subject, text, message_id: messageId } = mail;
    const headers = { "auto-submitted": "auto-generated" };
    const told = await transport.sendMail({ from, to: [...mail.to], subject, text, messageId, headers });
    return { answer: told.response, refused: told.rejected.map(String) };
  }

  return {
    send: (request) => within(request.timeoutMs, (signal) => post(request, signal)),
    mail: (mail) => within(mail.timeoutMs, (signal) => letter(mail, signal)),
  };
}

function asUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new OutsideError("forbidden", "only http and https are spoken here");
  if (url.username !== "" || url.password !== "") {
    throw new OutsideError("forbidden", "an address has no name and password in it");
  }
  return url;
}

async function eachAddress({ addresses }: Place, reach: (address: string) => Promise<Response>): Promise<Response> {
  let last: unknown;
  for (const address of addresses) {
    try {
      return await reach(address);
    } catch (error) {
      last = error;
      if (!NOT_CONNECTED.test((error as { code?: string }).code ?? "")) throw error;
    }
  }
  throw last;
}

/** What came in time of what is read; an answer that goes on for ever or breaks off has said its status all the same. */
async function beginningOf(response: Response, clock: Clock): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.after(BODY_MS_MAX, () => late.resolve(undefined));
  try {
    while (bytes < BODY_BYTES_MAX) {
      const read = await Promise.race([reader.read(), late.promise]);
      if (!read?.value) break;
      parts.push(read.value.subarray(0, BODY_BYTES_MAX - bytes));
      bytes += read.value.length;
    }
  } catch {
    // Broken off: what came until then is what it said.
  } finally {
    cancel();
    reader.cancel().catch(() => {});
  }
  return Buffer.concat(parts).toString();
}

/** By the error's code where it has one: messages of libraries can hold addresses with what is secret in them. */
function asOutsideError(error: unknown): OutsideError {
  if (error instanceof OutsideError) return error;
  const { code, message, responseCode, response } = error as Error & {
    code?: string;
    responseCode?: number;
    response?: string;
  };
  if (responseCode !== undefined)
    return new OutsideError("failed", `${code ?? "ESMTP"}: ${String(response).slice(0, 200)}`);
  if (code === "ESOCKET" || code === "ETLS") return new OutsideError("failed", message.slice(0, 200));
  return new OutsideError("failed", code ?? message.slice(0, 200));
}
