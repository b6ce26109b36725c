/** Where a request came from when proxies stand before the gateway: their word counts, and nobody else's does. */
import { BlockList, isIP } from "node:net";
import type { Arrival } from "../../shared/kit/arrival.ts";

/**
 * Which headers the proxies write. One kind alone is read: a proxy passes the other on as the client sent it.
 * `forwarded` is RFC 7239.
 */
export const PROXY_HEADERS = ["x-forwarded", "forwarded"] as const;
export type ProxyHeaders = (typeof PROXY_HEADERS)[number];

/** What no client's word counts for; taken off each request once it has been read. */
export const OF_PROXIES = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"];

export interface Proxies {
  /** Of a request from `peer`, the address at the other end of its socket. */
  arrival(request: Pick<Request, "headers">, peer: string | undefined, isTls: boolean): Arrival;
}

/** `trusted`: addresses and CIDR ranges. Throws an Error that names one which is neither, or which is everybody. */
export function createProxies(trusted: readonly string[], kind: ProxyHeaders = "x-forwarded"): Proxies {
  const isTrusted = addressesIn(trusted);

  /** The nearest hop that is none of our proxies; farther ones are only what it says of itself. */
  function stranger(hops: readonly Hop[]): Hop | undefined {
    let nearest: Hop | undefined;
    for (const hop of hops.toReversed()) {
      const from = addressIn(hop.from ?? "");
      // What a trusted proxy could not name was at least no farther away than that proxy.
      if (from === undefined) return nearest ?? { ...hop, from: undefined };
      nearest = { ...hop, from };
      if (!isTrusted(from)) return nearest;
    }
    return nearest;
  }

  return {
    arrival({ headers }, peer, isTls) {
      const from = addressIn(peer ?? "");
      const asked = headers.get("host") ?? undefined;
      if (from === undefined || !isTrusted(from)) return { from, isTls, origin: originOf(isTls, asked) };
      const hop = stranger(kind === "forwarded" ? hopsForwarded(headers) : hopsXForwarded(headers));
      // A proxy that passes nothing on asks for itself.
      if (!hop) return { from, isTls, origin: originOf(isTls, asked) };
      const wasTls = hop.proto?.toLowerCase() === "https";
      return { from: hop.from ?? from, isTls: wasTls, origin: originOf(wasTls, hop.host ?? asked) };
    },
  };
}

/** Whether an address is among addresses and CIDR ranges. Throws an Error that names one which is neither, or everybody. */
export function addressesIn(texts: readonly string[]): (address: string | undefined) => boolean {
  const ranges = new BlockList();
  for (const text of texts) addRange(ranges, text);
  return (text) => {
    const address = addressIn(text ?? "");
    return address !== undefined && ranges.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  };
}

/** One way of saying each address: no brackets, port or zone, IPv6 in its shortest form, IPv4 never inside IPv6. */
export function addressIn(text: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/%.*$/, "");
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6) return undefined;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  const bytes = [high, low].flatMap((part) => [Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255]);
  return bytes.join(".");
}

/** This machine's own addresses, which nobody else can have. */
export const isLoopback = (address: string | undefined): boolean =>
  address === "::1" || (address !== undefined && isIP(address) === 4 && address.startsWith("127."));

const MAPPED_BITS = 96;

function addRange(ranges: BlockList, text: string): void {
  const wrong = (why: string) => new Error(`${JSON.stringify(text)} ${why}; such are 10.0.0.2, 10.0.0.0/8, fd00::/8.`);
  const [given = "", bits, ...rest] = text.split("/");
  const address = addressIn(given);
  if (address === undefined || rest.length > 0) throw wrong("is no address and no range of them");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (bits === undefined) {
    ranges.addAddress(address, family);
    return;
  }
  const isMapped = family === "ipv4" && given.includes(":");
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) - (isMapped ? MAPPED_BITS : 0) : Number.NaN;
  if (!(length >= 0 && length <= (family === "ipv6" ? 128 : 32))) throw wrong("is no range of addresses");
  if (length === 0) throw wrong("is everybody, and anybody could then say who they are");
  ranges.addSubnet(address, length, family);
}

/** Somebody that a proxy was asked by, and how. */
interface Hop {
  from: string | undefined;
  proto?: string | undefined;
  host?: string | undefined;
}

const listed = (text: string | null): string[] => (text ?? "").split(",").map((each) => each.trim());

/** From the farthest to the nearest. Where there is one word for several hops it is the nearest proxy's. */
function hopsXForwarded(headers: Headers): Hop[] {
  const addresses = headers.get("x-forwarded-for");
  if (addresses === null) return [];
  const hops = listed(addresses);
  const said = (name: string, at: number): string | undefined => {
    const words = listed(headers.get(name));
    return (words.length === hops.length ? words[at] : words.at(-1)) || undefined;
  };
  return hops.map((from, at) => ({ from, proto: said("x-forwarded-proto", at), host: said("x-forwarded-host", at) }));
}

const PAIR = /(?:^|;)\s*(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*))\s*(?=;|$)/g;

/** RFC 7239, section 4: elements with commas between them, each `for=…;proto=…;host=…`, values quoted or not. */
function hopsForwarded(headers: Headers): Hop[] {
  const text = headers.get("forwarded");
  if (text === null) return [];
  const elements = text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [""];
  return elements.map((element) => {
    const pairs = [...element.trim().matchAll(PAIR)].map(([, name = "", quoted, plain]) => {
      return [name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain] as const;
    });
    const said = new Map(pairs);
    return { from: said.get("for"), proto: said.get("proto"), host: said.get("host") };
  });
}

function originOf(isTls: boolean, host: string | undefined): string | undefined {
  const text = `${isTls ? "https" : "http"}://${host ?? ""}`;
  // A host and a port, nothing before or after them.
  return /[/?#@\\\s]/.test(host ?? "") || !URL.canParse(text) ? undefined : new URL(text).origin;
}
