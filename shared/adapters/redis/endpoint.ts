/** Where Redis is, read from a URL: one server, a master found by sentinels, or a cluster. */
import { refuse } from "../../errors.ts";

export interface HostPort {
  host: string;
  port: number;
}

/** What all connections to one installation share. */
export interface Access {
  username?: string;
  password?: string;
  db?: number;
  tls?: { ca?: string };
}

export type Endpoint =
  | { kind: "single"; at: HostPort; access: Access }
  | { kind: "sentinel"; sentinels: HostPort[]; master: string; access: Access }
  | { kind: "cluster"; seeds: HostPort[]; access: Access };

const FORM = /^(redis|rediss)(?:-(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?$/;
const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 };

/**
 * - one server: `redis://[user:password@]host[:port][/db]`
 * - sentinels: `redis-sentinel://[user:password@]host[:port],host[:port]…/master[/db]`
 * - cluster: `redis-cluster://[user:password@]host[:port],host[:port]…`, any of its nodes
 *
 * `rediss` instead of `redis` is TLS. A user or password with special characters is percent-encoded; `:password@`
 * alone is the default user's.
 */
export function readEndpoint(url: string): Endpoint {
  const match = FORM.exec(url);
  if (!match) refuse("INVALID", "A Redis URL looks like redis://host:port, redis-sentinel:// or redis-cluster://.");
  const [, scheme, form, login, hosts, path = ""] = match;
  const kind = (form ?? "single") as Endpoint["kind"];
  const nodes = hosts!.split(",").map((text) => readHost(text, PORTS[kind]));
  const access: Access = { ...readLogin(login), ...(scheme === "rediss" && { tls: {} }) };
  if (kind === "cluster") {
    if (path !== "") refuse("INVALID", "A Redis cluster has no numbered databases.");
    return { kind, seeds: nodes, access };
  }
  const parts = path.split("/");
  const [master, db = ""] = kind === "sentinel" ? [parts[0]!, parts[1]] : ["", parts[0]];
  if (!/^\d*$/.test(db)) refuse("INVALID", "A Redis database is a number.");
  if (db !== "") access.db = Number(db);
  if (kind === "single") {
    if (nodes.length > 1) refuse("INVALID", "Several Redis hosts are sentinels or a cluster: say which.");
    return { kind, at: nodes[0]!, access };
  }
  if (master === "") refuse("INVALID", "Sentinels are asked for a master by its name: redis-sentinel://host/name.");
  return { kind, sentinels: nodes, master: decodeURIComponent(master), access };
}

function readHost(text: string, standard: number): HostPort {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (!match) refuse("INVALID", "A Redis host is a name or address, with or without a port.");
  return { host: match[1]!.replace(/^\[|\]$/g, ""), port: match[2] === undefined ? standard : Number(match[2]) };
}

function readLogin(login: string | undefined): Pick<Access, "username" | "password"> {
  if (login === undefined || login === "") return {};
  const [username = "", ...rest] = login.split(":");
  const password = rest.join(":");
  return {
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
  };
}
