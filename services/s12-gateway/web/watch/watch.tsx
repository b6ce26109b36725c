/** The pages that watch the system, loaded when they are first opened: the wall, alerts, channels, actions, logs. */
import "./messages.ts";
import { useQuery } from "@tanstack/react-query";
import { alertsQuery } from "../api/queries.ts";
import { useText } from "../i18n/translate.ts";
import { SectionBar } from "../parts/section-bar.tsx";
import { addressStore } from "../state/address.ts";
import { useStore } from "../state/store.ts";
import { ActionsPage } from "./actions.tsx";
import { ChannelPage } from "./channel-page.tsx";
import { ChannelsPage } from "./channels.tsx";
import { InboxPage } from "./inbox.tsx";
import { LogsPage } from "./logs.tsx";
import { WATCH_SECTIONS, type WatchPlace, watchIdOf, watchPlaceOf, watchSectionOf } from "./place.ts";
import { Wall } from "./wall.tsx";

export function Watch() {
  const { t } = useText();
  const place = watchPlaceOf(useStore(addressStore, (address) => address.id));
  const here = watchSectionOf(place);
  const open = useQuery(alertsQuery).data?.filter(({ state }) => state === "OPEN").length ?? 0;
  return (
    <main className="page watch-page" aria-label={t("page.health")}>
      <SectionBar
        label={t("page.health")}
        sections={WATCH_SECTIONS}
        here={here}
        to={(section) => ({ page: "health", id: watchIdOf({ at: section }), asked: {} })}
      >
        {(section) => (
          <>
            {t(`watch.${section}`)}
            {section === "alerts" && open > 0 ? <span className="count">{open}</span> : null}
          </>
        )}
      </SectionBar>
      <div className="watch-body">
        <Shown key={watchIdOf(place)} place={place} />
      </div>
    </main>
  );
}

function Shown({ place }: { place: WatchPlace }) {
  switch (place.at) {
    case "wall":
      return <Wall />;
    case "alerts":
      return <InboxPage />;
    case "channels":
      return <ChannelsPage />;
    case "channel":
      return <ChannelPage id={place.id} />;
    case "new-channel":
      return <ChannelPage />;
    case "actions":
      return <ActionsPage />;
    case "logs":
      return <LogsPage />;
  }
}
