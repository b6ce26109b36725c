/** The replicas of a service: which shards each holds, which stand by, how each is. */
import type { ReplicaRow, ServiceRow } from "../api/shapes.ts";
import { shardsText } from "../format/shards.ts";
import { ageOf } from "../format/times.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { Figure } from "./figures.tsx";
import { SubjectLink } from "./links.tsx";

/** Up to here cells have a gap between them; more are one bar. */
const CELLS_APART_MAX = 16;

export const isReplicated = ({ replicas, shard_count = 1 }: ServiceRow): boolean =>
  replicas.length > 1 || shard_count > 1;

/** What it holds, in words; of one that does not answer, that. */
function holdsText(t: Translate, { role, shards, status }: ReplicaRow, count: number): string {
  if (status === "DOWN") return t("service.DOWN");
  if (role === "shares") {
    return t(shards.length === 1 ? "replica.share" : "replica.shares", { shards: shardsText(shards), count });
  }
  return role === undefined ? t(`service.${status}`) : t(`replica.${role}`);
}

interface StripProps {
  held: readonly number[];
  free: readonly number[];
  count: number;
}

/** One cell a shard: filled where it is held here, hatched where nobody holds it. Words beside it say the same. */
function ShardStrip({ held, free, count }: StripProps) {
  return (
    <span className="shards" data-dense={count > CELLS_APART_MAX || undefined} aria-hidden="true">
      {Array.from({ length: count }, (_, shard) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a shard is its number
          key={shard}
          data-shard={held.includes(shard) ? "held" : free.includes(shard) ? "free" : "elsewhere"}
        />
      ))}
    </span>
  );
}

function Uptime({ ms }: { ms: number }) {
  const { t } = useText();
  const { value, unit } = ageOf(ms);
  return <Figure title={t("replica.uptime")}>{t(`age.${unit}`, { value })}</Figure>;
}

/** A service with a row for each of its replicas. */
export function ServiceReplicas({ service }: { service: ServiceRow }) {
  const { t } = useText();
  const { id, name, status, replicas, shard_count = 1, shards_free } = service;
  return (
    <li className="replicated">
      <SubjectLink kind="service" id={id} className="service">
        <span className="light" data-status={status} aria-hidden="true" />
        <span>{id.toUpperCase()}</span>
        <span className="muted service-name">{name.replace(/^s\d\d-/, "")}</span>
        <span className="unseen">{t(`service.${status}`)}</span>
      </SubjectLink>
      <ul className="replicas">
        {replicas.map((replica) => (
          <li key={replica.replica} className="replica" data-role={replica.role} title={failuresOf(replica)}>
            <span className="light" data-status={replica.status} aria-hidden="true" />
            <span className="muted">.{replica.replica}</span>
            {shard_count > 1 ? <ShardStrip held={replica.shards} free={shards_free} count={shard_count} /> : null}
            <span className="replica-holds">{holdsText(t, replica, shard_count)}</span>
            <span className="replica-state">
              {replica.status === "OK" ? (
                <Uptime ms={replica.uptime_ms} />
              ) : replica.status === "DOWN" ? null : (
                t(`service.${replica.status}`)
              )}
            </span>
          </li>
        ))}
        {shards_free.length > 0 ? (
          <li className="replica-free">{t("replica.free", { shards: shardsText(shards_free) })}</li>
        ) : null}
      </ul>
    </li>
  );
}

const failuresOf = ({ checks }: ReplicaRow): string | undefined =>
  checks
    .filter((check) => check.status !== "OK")
    .map((check) => `${check.name}: ${check.error ?? check.status}`)
    .join("\n") || undefined;

/** All of it as a table, for the service's story. */
export function ReplicaTable({ service }: { service: ServiceRow }) {
  const { t } = useText();
  const { replicas, shard_count = 1, shards_free } = service;
  return (
    <table className="small-table replica-table">
      <caption>{t("replica.title")}</caption>
      <thead>
        <tr>
          <th scope="col" colSpan={2}>
            {t("replica.holds")}
          </th>
          <th scope="col">{t("column.status")}</th>
          <th scope="col" className="right">
            {t("replica.rev")}
          </th>
          <th scope="col" className="right">
            {t("replica.uptime")}
          </th>
        </tr>
      </thead>
      <tbody>
        {replicas.map((replica) => (
          <tr key={replica.replica}>
            <th scope="row">.{replica.replica}</th>
            <td>
              {shard_count > 1 ? <ShardStrip held={replica.shards} free={shards_free} count={shard_count} /> : null}
              {replica.status === "DOWN" ? "–" : holdsText(t, replica, shard_count)}
            </td>
            <td>
              <span className="light" data-status={replica.status} aria-hidden="true" />{" "}
              {t(`service.${replica.status}`)}
            </td>
            <td className="right">{replica.config_rev > 0 ? replica.config_rev : "–"}</td>
            <td className="right">{replica.status === "DOWN" ? "–" : <Uptime ms={replica.uptime_ms} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
