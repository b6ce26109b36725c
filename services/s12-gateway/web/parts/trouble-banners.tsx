/** What keeps the system from its work although the page is connected: no entries, or shards that nobody holds. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { servicesQuery } from "../api/queries.ts";
import { shardsText } from "../format/shards.ts";
import { codeText, type Translate, useText } from "../i18n/translate.ts";
import { foldSeen, isTold, type Seen, type Trouble, troubleId, troublesOf } from "../state/troubles.ts";
import { Age } from "./figures.tsx";
import { SubjectLink } from "./links.tsx";

const NONE: Seen = new Map();

export function TroubleBanners() {
  const { t } = useText();
  const { data, dataUpdatedAt: at } = useQuery(servicesQuery);
  const [seen, setSeen] = useState(NONE);
  useEffect(() => {
    if (data) setSeen((before) => foldSeen(before, troublesOf(data.items), at));
  }, [data, at]);
  const told = troublesOf(data?.items ?? []).filter((trouble) =>
    isTold(trouble, seen.get(troubleId(trouble)) ?? at, at),
  );
  return told.map((trouble) => {
    const { title, effect } = textsOf(t, trouble);
    return (
      <div key={troubleId(trouble)} className="banner trouble" role="status">
        <span className="light" data-status="ERROR" aria-hidden="true" />
        <strong>{title}</strong>
        <span>
          {t("banner.since")} <Age ts={seen.get(troubleId(trouble)) ?? at} />
        </span>
        <span className="trouble-effect">{effect}</span>
        <SubjectLink kind="service" id={trouble.kind === "bus" ? "s04" : trouble.service.id}>
          {t("story.service")} →
        </SubjectLink>
      </div>
    );
  });
}

function textsOf(t: Translate, trouble: Trouble): { title: string; effect: string } {
  if (trouble.kind === "bus") {
    return { title: t("trouble.bus", { reason: codeText(t, "bus", trouble.reason) }), effect: t("trouble.bus.effect") };
  }
  const { id, title, shard_count = 1, shards_free } = trouble.service;
  const service = `${id.toUpperCase()} ${title}`;
  if (trouble.kind === "down") return { title: t("trouble.down", { service }), effect: t("trouble.down.effect") };
  if (shard_count === 1) return { title: t("trouble.leader", { service }), effect: t("trouble.leader.effect") };
  const params = { service, shards: shardsText(shards_free), count: shard_count };
  const text = t(shards_free.length === 1 ? "trouble.shard" : "trouble.shards", params);
  return { title: text, effect: t("trouble.shards.effect") };
}
