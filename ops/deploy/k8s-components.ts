/** Components of one idea each that overlays choose from: fewer pods, more room, secrets from files, load. */
import { exchangeSecrets, type SecretKey, secretsOf } from "./k8s-env.ts";
import { BACKUP_SECRETS, initSecrets } from "./k8s-jobs.ts";
import { COMPONENT_HEAD, type Part } from "./k8s-objects.ts";
import { ORDER_PATH, type Unit } from "./units.ts";

/** One pod of each service: nothing stands by, and a roll-out still adds the new one before the old one goes. */
export const singlePart = (services: readonly Unit[]): Part => ({
  kustomization: { ...COMPONENT_HEAD, replicas: services.map(({ name }) => ({ name, count: 1 })) },
  files: {},
});

/** A core of its own and all of its memory for what an order passes through, whatever else the node runs. */
export function reservedPart(services: readonly Unit[]): Part {
  const patches = services
    .filter(({ id }) => ORDER_PATH.includes(id))
    .map(({ name, size }) => ({
      target: { kind: "Deployment", name },
      patch: JSON.stringify([
        { op: "replace", path: `${REQUESTS}/cpu`, value: `${size.cpu.limit / 2}m` },
        { op: "replace", path: `${REQUESTS}/memory`, value: `${size.memory.limit}Mi` },
      ]),
    }));
  return { kustomization: { ...COMPONENT_HEAD, patches }, files: {} };
}
const REQUESTS = "/spec/template/spec/containers/0/resources/requests";

/** Every Secret that is referred to, with what has to be in it. */
export function secretList(units: readonly Unit[]): SecretKey[] {
  const ofStores: SecretKey[] = [
    { secret: "chimera-redis", key: "redis-password", about: "Redis's own password, where it runs in the cluster" },
    ...["s3-access-key", "s3-secret-key"].map((key) => ({
      ...{ secret: "chimera-s3-root", key, about: "MinIO's root, where it runs in the cluster" },
    })),
  ].map((each) => ({ ...each, variable: "" }));
  const all = [...units.flatMap((unit) => [...secretsOf(unit), ...exchangeSecrets(unit)]), ...initSecrets(units)];
  const named = [...all, ...BACKUP_SECRETS, ...ofStores];
  return [...new Map(named.map((each) => [`${each.secret}/${each.key}`, each])).values()];
}
/** Kinds of Secrets that are a certificate and its key. */
export const TLS_SECRETS = [
  { secret: "chimera-service-tls", keys: ["tls.crt", "tls.key", "ca.crt"], about: "What services show each other" },
  { secret: "chimera-gateway-tls", keys: ["tls.crt", "tls.key"], about: "What the ingress shows browsers" },
] as const;

/** From a folder that is in no repository, for trying out; an installation that lasts has them by other ways. */
export function secretsPart(units: readonly Unit[]): Part {
  const bySecret = Map.groupBy(
    secretList(units).filter(({ secret }) => !LIVE_ONLY.includes(secret)),
    ({ secret }) => secret,
  );
  const secretGenerator = [...bySecret].map(([name, keys]) => ({
    name,
    files: keys.map(({ key }) => `${key}=files/${name}/${key}`),
  }));
  return {
    kustomization: { ...COMPONENT_HEAD, secretGenerator, generatorOptions: { disableNameSuffixHash: true } },
    files: {},
  };
}
const LIVE_ONLY = ["chimera-s01-exchange", "chimera-backup"];
