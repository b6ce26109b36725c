/** What is wrong with the connection, quietly and with a countdown: a page that no longer hears never looks alive. */
import { useText } from "../i18n/translate.ts";
import { useLive } from "../state/live.ts";
import { useStore } from "../state/store.ts";
import { Age } from "./figures.tsx";
import { useTick } from "./use-tick.ts";

export function ConnectionBanner() {
  const live = useLive();
  const phase = useStore(live.feed, (state) => state.phase);
  const brokenAt = useStore(live.feed, (state) => state.brokenAt);
  if (phase === "open" || phase === "signed-out" || brokenAt === 0) return null;
  return <Broken brokenAt={brokenAt} />;
}

function Broken({ brokenAt }: { brokenAt: number }) {
  const { t } = useText();
  const live = useLive();
  const { phase, retryAt } = useStore(live.feed, (state) => state);
  const tick = useTick(250);
  const seconds = Math.max(0, Math.ceil((retryAt - tick) / 1_000));
  return (
    <div className="banner" role="status">
      <span className="light" data-freshness="stale" aria-hidden="true" />
      <strong>{t("banner.lost")}</strong>
      <span>
        {t("banner.since")} <Age ts={brokenAt} />
      </span>
      <span>{phase === "connecting" ? t("banner.connecting") : t("banner.retry", { seconds })}</span>
      <button type="button" className="button" onClick={() => live.connection.retryNow()}>
        {t("banner.now")}
      </button>
    </div>
  );
}
