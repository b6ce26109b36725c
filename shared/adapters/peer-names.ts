/** Services by their names: the addresses that DNS knows for each, and by which certificate each is known. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Names } from "../kit/ports.ts";

export interface PeerNames extends Names {
  /** How the service at an address proves itself; undefined for whoever is none of ours. */
  trust(url: string): PeerTrust | undefined;
}
export interface PeerTrust {
  /** PEM of who signed it; undefined: whom the runtime trusts. */
  ca?: string;
  /** The name in its certificate, where the address has none of its own. */
  serverName?: string;
}

type Lookup = (name: string) => Promise<readonly { address: string; family: number }[]>;

/** `ca` counts for services alone, never for an exchange or a notice channel. */
export function peerNames(
  ca: string | undefined,
  look: Lookup = (name) => lookup(name, { all: true, order: "ipv4first" }),
): PeerNames {
  const known = new Map<string, PeerTrust>();
  const know = (url: URL, serverName?: string) =>
    known.set(url.host, { ...(ca !== undefined && { ca }), ...(serverName !== undefined && { serverName }) });
  return {
    async resolve(base) {
      const url = new URL(base);
      const name = url.hostname.replace(/^\[|\]$/g, "");
      know(url);
      if (isIP(name) !== 0) return [base];
      const found = await look(name);
      // One replica may have an address of either kind: it counts once.
      const family = found.some((each) => each.family === 4) ? 4 : 6;
      const addresses = found.filter((each) => each.family === family).map(({ address }) => address);
      return addresses.toSorted().map((address) => {
        const there = new URL(base);
        there.hostname = family === 6 ? `[${address}]` : address;
        know(there, name);
        return there.origin;
      });
    },
    trust: (url) => known.get(new URL(url).host),
  };
}
