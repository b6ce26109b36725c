/** One promotion: how it stands in words, how both arms do side by side, how far its guardrails are, what happened. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Promotion } from "../../../../shared/domain/promotion.ts";
import { useText } from "../i18n/translate.ts";
import { type Act, ActDialog } from "../parts/act-dialog.tsx";
import { Pair, When } from "../parts/figures.tsx";
import { saveJson } from "../parts/json-button.tsx";
import { Empty, Loaded, Panel } from "../parts/states.tsx";
import { useTick } from "../parts/use-tick.ts";
import { useLive } from "../state/live.ts";
import { mayPromote, useMe } from "../state/me.ts";
import { takeBackAct } from "./acts.ts";
import { ArmCurves, ArmTable } from "./arm-figures.tsx";
import { GateList } from "./gate-list.tsx";
import { GuardrailList } from "./guardrails.tsx";
import { ConfigLink, HashText, RevLink, RevText } from "./links.tsx";
import { revName } from "./place.ts";
import { isShare, modeText, promotionWords } from "./promotion-words.ts";
import { PromotionState } from "./promotions.tsx";
import { isUnderWay, promotionQuery } from "./queries.ts";
import { HeldBy, Timeline } from "./timeline.tsx";

export function PromotionPage({ id }: { id: string }) {
  const { t } = useText();
  const query = useQuery(promotionQuery(id));
  return (
    <div className="experiment">
      <nav className="crumbs" aria-label={t("config.promotions")}>
        <ConfigLink to={{ at: "promotions" }}>← {t("config.promotions")}</ConfigLink>
        <code>{id}</code>
        <span className="spacer" />
        {query.data ? <Acts promotion={query.data} /> : null}
      </nav>
      <Loaded query={query} rows={14}>
        {(promotion) => <Whole promotion={promotion} />}
      </Loaded>
    </div>
  );
}

function Acts({ promotion }: { promotion: Promotion }) {
  const { t } = useText();
  const may = mayPromote(useMe());
  const [act, setAct] = useState<Act>();
  const { bundle_id, from_rev, to_rev } = promotion;
  const isDone = promotion.status === "DONE" && isShare(promotion.mode);
  return (
    <span className="panel-acts">
      <ConfigLink
        to={{ at: "diff", from: revName({ bundle_id, rev: from_rev }), to: revName({ bundle_id, rev: to_rev }) }}
        className="button"
      >
        {t("config.diff")}
      </ConfigLink>
      <button
        type="button"
        className="button"
        onClick={() => saveJson(`promotion-${promotion.promotion_id}`, promotion)}
      >
        {t("export.json")}
      </button>
      {may && isDone && promotion.next === undefined ? (
        <ConfigLink to={{ at: "new-promotion", of: revName({ bundle_id, rev: to_rev }) }} className="button">
          {t("promotion.next_step")}
        </ConfigLink>
      ) : null}
      {may && isUnderWay(promotion) ? (
        <button type="button" className="button danger" onClick={() => setAct(takeBackAct(t, promotion))}>
          {t("promotion.abort")}
        </button>
      ) : null}
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </span>
  );
}

function Whole({ promotion }: { promotion: Promotion }) {
  const { t } = useText();
  const { stable, canary, realised, guardrails, gates, services, timeline } = promotion;
  const isForAll = !isShare(promotion.mode);
  const since = promotion.started_at ?? promotion.created_at;
  return (
    <div className="experiment-panels">
      <Head promotion={promotion} />
      {stable && canary ? (
        <div className="experiment-top">
          <div className="experiment-left">
            <Panel
              className="equity-panel"
              title={t(isForAll ? "arm.curves.full" : "arm.curves")}
              aside={<span className="muted">USDT</span>}
            >
              <ArmCurves
                others={isForAll ? undefined : { since, curve: stable.curve }}
                own={realised ?? { since, curve: canary.curve }}
                guardrails={guardrails}
              />
            </Panel>
          </div>
          <Panel title={t(isForAll ? "arm.title.full" : "arm.title")}>
            <ArmTable stable={stable} canary={canary} guardrails={guardrails} isForAll={isForAll} />
          </Panel>
        </div>
      ) : null}
      <div className="panel-row">
        {!isForAll || promotion.watch ? (
          <Panel className="guardrail-panel" title={t("guardrail.title")}>
            {guardrails.length === 0 ? <Empty>{t("guardrail.none")}</Empty> : <GuardrailList guardrails={guardrails} />}
          </Panel>
        ) : null}
        <Panel title={t("gate.title")}>
          {gates.length === 0 ? <Empty>{t("gate.none")}</Empty> : <GateList gates={gates} />}
        </Panel>
      </div>
      <div className="panel-row">
        <Panel title={t("promotion.timeline")}>
          <Timeline steps={timeline} />
        </Panel>
        <Panel title={t("promotion.services")}>
          <HeldBy services={services} />
        </Panel>
      </div>
    </div>
  );
}

function Head({ promotion }: { promotion: Promotion }) {
  const { t, locale } = useText();
  const { bundle_id, from_rev, to_rev, rev, hash, author, note, follows, next } = promotion;
  const [first, ...rest] = promotionWords(t, locale, promotion);
  return (
    <section className="panel experiment-head promotion-head" aria-label={promotion.promotion_id}>
      <h1>
        <span>{modeText(t, promotion)}</span>
        <RevText of={{ bundle_id, rev }} />
        <PromotionState status={promotion.status} />
        <span className="spacer" />
        <When ts={promotion.created_at} day />
      </h1>
      <p className="promotion-words" data-promotion={promotion.status}>
        {first}
      </p>
      {rest.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <HowFar promotion={promotion} />
      {note ? <p className="muted">{note}</p> : null}
      <dl className="facts">
        <Pair label={t("promotion.from")}>
          <RevLink of={{ bundle_id, rev: from_rev }} />
        </Pair>
        <Pair label={t("promotion.to")}>
          <RevLink of={{ bundle_id, rev: to_rev }} />
        </Pair>
        <Pair label={t("config.hash")}>
          <HashText hash={hash} />
        </Pair>
        <Pair label={t("research.author")}>{author}</Pair>
        {follows ? (
          <Pair label={t("promotion.follows")}>
            <OtherLink id={follows} />
          </Pair>
        ) : null}
        {next ? (
          <Pair label={t("promotion.next")}>
            <OtherLink id={next} />
          </Pair>
        ) : null}
      </dl>
    </section>
  );
}

const OtherLink = ({ id }: { id: string }) => (
  <ConfigLink to={{ at: "promotion", id }}>
    <code>{id.slice(0, 8)}</code>
  </ConfigLink>
);

/** Between when all had it and when it ends. */
function HowFar({ promotion: { status, watch, started_at, until: end } }: { promotion: Promotion }) {
  const { t } = useText();
  const { serverNow } = useLive();
  useTick(1_000);
  const isWatched = watch?.state === "WATCHING" && status === "DONE";
  const until = isWatched ? watch.until : end;
  if (!(status === "ACTIVE" || isWatched) || started_at === undefined || until === undefined) return null;
  const share = Math.min(1, Math.max(0, (serverNow() - started_at) / (until - started_at || 1)));
  return (
    <p className="how-far">
      <When ts={started_at} day />
      <progress max={1} value={share} aria-label={t("promotion.how_far")} />
      <When ts={until} day />
    </p>
  );
}
