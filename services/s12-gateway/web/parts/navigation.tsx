/** The way between pages: a rail beside them, a bar below them on a phone. */
import { useQuery } from "@tanstack/react-query";
import { approvalsQuery } from "../api/page-queries.ts";
import { useText } from "../i18n/translate.ts";
import { addressStore } from "../state/address.ts";
import { isWaiting } from "../state/approvals.ts";
import { keyOf, PAGES } from "../state/pages.ts";
import { useStore } from "../state/store.ts";
import { PlaceLink } from "./links.tsx";
import { useCurrentInSight } from "./use-current-in-sight.ts";

export function Navigation() {
  const { t } = useText();
  const here = useStore(addressStore, (address) => address.page);
  const list = useCurrentInSight<HTMLElement>(here);
  return (
    <nav ref={list} className="navigation" aria-label={t("nav.title")}>
      {PAGES.map(({ id, icon }) => (
        <PlaceLink
          key={id}
          to={{ page: id, id: "" }}
          className="navigation-item"
          isHere={id === here}
          title={t("nav.hint", { page: t(`page.${id}`), key: keyOf(id).toUpperCase() })}
        >
          <svg viewBox="0 0 16 16" width="18" height="18" className="icon" aria-hidden="true">
            <path d={icon} />
          </svg>
          <span>{t(`nav.${id}`)}</span>
          {id === "approvals" ? <WaitingCount /> : null}
        </PlaceLink>
      ))}
    </nav>
  );
}

/** How much waits for a person's word. */
function WaitingCount() {
  const { t } = useText();
  const waiting = useQuery(approvalsQuery).data?.filter(isWaiting).length ?? 0;
  if (waiting === 0) return null;
  return (
    <span className="count" title={t("approvals.waiting", { count: waiting })}>
      {waiting}
    </span>
  );
}
