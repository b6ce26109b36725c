/** Which addresses are of the public internet: whoever is there is no part of our own network. */
import { BlockList, isIP } from "node:net";

/** IANA, IPv4 Special-Purpose Address Registry; and multicast, and what is reserved. */
const NOT_PUBLIC_4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
];
/** All that is handed out for global use. IANA, IPv6 Global Unicast Address Assignments. */
const PUBLIC_6 = ["2000::/3"];
/** Within it: protocols (Teredo among them), documentation, and 6to4, which stands for an IPv4 address. */
const NOT_PUBLIC_6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const listOf = (ranges: readonly string[], family: "ipv4" | "ipv6"): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [net, bits] = range.split("/") as [string, string];
    list.addSubnet(net, Number(bits), family);
  }
  return list;
};
const notPublic4 = listOf(NOT_PUBLIC_4, "ipv4");
const public6 = listOf(PUBLIC_6, "ipv6");
const notPublic6 = listOf(NOT_PUBLIC_6, "ipv6");

/** False for what is no address too. An IPv4 address inside of an IPv6 one is not public, whichever it is. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublic4.check(address, "ipv4");
  // With a zone it is of one of this machine's own networks, whatever its number.
  return (
    isIP(address) === 6 &&
    !address.includes("%") &&
    public6.check(address, "ipv6") &&
    !notPublic6.check(address, "ipv6")
  );
}
