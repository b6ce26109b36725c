/** What must hold of every container of compose, as complaints about a parsed file; none where all does. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Parsed {
  services: Record<string, Parts>;
  networks?: Record<string, { internal?: boolean; driver_opts?: Record<string, string> } | null>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file?: string }>;
}
export interface Parts {
  [key: string]: unknown;
  image?: string;
  command?: string[];
  user?: string;
  ports?: string[];
  networks?: string[];
  volumes?: string[];
  secrets?: string[];
  env_file?: string[];
  profiles?: string[];
  environment?: Record<string, string | number>;
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  healthcheck?: { test?: string[]; disable?: boolean };
}

export const read = (path: string): Parsed => parse(readFileSync(path, "utf8")) as Parsed;

/** These take the place of what was there; other lists are added to it. */
const WHOLE = ["command", "entrypoint", "test"];

/** As compose lays one file over another, as far as these files go. */
export function laidOver(under: Parsed, over: Parsed): Parsed {
  const merged = (a: unknown, b: unknown, key: string): unknown => {
    if (b === undefined) return a;
    if (Array.isArray(a) && Array.isArray(b) && !WHOLE.includes(key)) return [...new Set([...a, ...b])];
    const areMaps = [a, b].every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
    if (!areMaps) return b;
    const [one, two] = [a as Record<string, unknown>, b as Record<string, unknown>];
    return Object.fromEntries(
      [...new Set([...Object.keys(one), ...Object.keys(two)])].map((key) => [key, merged(one[key], two[key], key)]),
    );
  };
  return merged(under, over, "") as Parsed;
}

type Rule = (name: string, parts: Parts, file: Parsed) => string | undefined;

const complain = (isWrong: boolean, what: string): string | undefined => (isWrong ? what : undefined);
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const idOf = (user: string | undefined): number => Number(/^(?:\$\{\w+:-)?(\d+)/.exec(user ?? "")?.[1]);
/** After `given`'s fallback is taken. */
const settled = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, "$1");
const bytes = (text: unknown): number => Number(/^(\d+)m$/.exec(String(text))?.[1]);

/** Each holds of every container alone. */
export const RULES: Readonly<Record<string, Rule>> = {
  "runs as somebody without rights": (_, { user }) => complain(!(idOf(user) > 0), `user is ${user}`),
  "writes nowhere but where it is told": (_, { read_only }) => complain(read_only !== true, "its root is writable"),
  "has no capability": (_, { cap_drop, cap_add, privileged }) =>
    complain(!same(cap_drop, ["ALL"]) || cap_add !== undefined || privileged !== undefined, "it has capabilities"),
  "gains no privilege": (_, { security_opt }) =>
    complain(!same(security_opt, ["no-new-privileges:true"]), "it may gain privileges"),
  "shares nothing with the host": (_, parts) =>
    complain(
      ["network_mode", "pid", "ipc", "userns_mode", "devices"].some((key) => parts[key] !== undefined) ||
        (parts.volumes ?? []).some((volume) => /^[/~]|docker\.sock/.test(volume)),
      "it shares the host's own",
    ),
  "has an end to what it takes": (_, { mem_limit, cpus, pids_limit }) =>
    complain(!(bytes(mem_limit) > 0) || !(Number(cpus) > 0) || !(Number(pids_limit) > 0), "it has no limits"),
  "keeps its log small": (_, { logging }) =>
    complain(!/"max-size":"\d+m".*"max-file":"\d+"/.test(JSON.stringify(logging) ?? ""), "its log grows for ever"),
  "is of one version": (_, { image = "" }) =>
    complain(!/:v?\d+\.\d+(\.\d+)?[\w.-]*(@sha256:[\da-f]{64})?$/.test(settled(image)), `image is ${image}`),
  "publishes on loopback alone": (_, { ports = [] }) =>
    complain(!ports.every((port) => /^127\.0\.0\.1:\d+:\d+$/.test(String(port))), `ports are ${ports}`),
  "says how it is": (_, { healthcheck, restart }) => {
    const isTask = String(restart).startsWith("on-failure");
    return complain(!isTask && healthcheck?.test === undefined, "it has no health check");
  },
  "has its secrets in files": (_, { environment = {} }) => {
    const open = Object.entries(environment).filter(
      ([name, value]) => /KEY|SECRET|PASSWORD|TOKEN|JWT/.test(name) && !/^\/run\/secrets\/[\w-]+$/.test(String(value)),
    );
    return complain(open.length > 0, `secrets are in ${open.map(([name]) => name)}`);
  },
  "is handed what it names": (_, { environment = {}, command = [], secrets = [] }) => {
    const texts = [...Object.values(environment), ...command].map(String);
    const named = texts.flatMap((text) => /(?:^|=)\/run\/secrets\/(.*)$/.exec(text)?.[1] ?? []);
    return complain(
      named.length > 0 && !same([...new Set(named)].sort(), secrets.toSorted()),
      `${named} and ${secrets}`,
    );
  },
  "waits for what is well, and is there": (_, { depends_on = {} }, { services }) => {
    const wrong = Object.entries(depends_on).filter(([on, { condition }]) => {
      const isTask = String(services[on]?.restart).startsWith("on-failure");
      return (
        services[on] === undefined || condition !== (isTask ? "service_completed_successfully" : "service_healthy")
      );
    });
    return complain(wrong.length > 0, `waits wrongly for ${wrong.map(([on]) => on)}`);
  },
  "names only what the file has": (_, { networks = [], secrets = [], volumes = [] }, file) => {
    const named = volumes.map((text) => text.split(":")[0] as string).filter((text) => !text.startsWith("."));
    const missing = [
      ...networks.filter((each) => !(each in (file.networks ?? {}))),
      ...secrets.filter((each) => !(each in (file.secrets ?? {}))),
      ...named.filter((each) => !(each in (file.volumes ?? {}))),
    ];
    return complain(missing.length > 0, `there is no ${missing}`);
  },
  "gets out only where it has to": (name, { networks = [] }, file) => {
    const ways = networks.filter((each) => !isClosed(file.networks?.[each]));
    const wanted = { "s01-exchange": ["exchange"], "s11-metrics": ["notices"] }[name] ?? [];
    return complain(!same(ways, wanted), `gets out by ${ways}`);
  },
};

/** Nobody gets out: the network has no way, or nothing from it is given an address outside. */
const isClosed = (network: NonNullable<Parsed["networks"]>[string] | undefined): boolean =>
  network?.internal === true || network?.driver_opts?.["com.docker.network.bridge.enable_ip_masquerade"] === "false";

export const complaintsOf = (rule: string, file: Parsed): string[] =>
  Object.entries(file.services).flatMap(([name, parts]) => {
    const said = RULES[rule]?.(name, parts, file);
    return said === undefined ? [] : [`${name}: ${said}`];
  });
