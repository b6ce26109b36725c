/** The way between pages: a rail beside them, a bar below them on a phone. */
import { useText } from "../i18n/translate.ts";
import { addressStore } from "../state/address.ts";
import { PAGES } from "../state/pages.ts";
import { useStore } from "../state/store.ts";
import { PlaceLink } from "./links.tsx";

export function Navigation() {
  const { t } = useText();
  const here = useStore(addressStore, (address) => address.page);
  return (
    <nav className="navigation" aria-label={t("nav.title")}>
      {PAGES.map(({ id, icon }, index) => (
        <PlaceLink
          key={id}
          to={{ page: id, id: "" }}
          className="navigation-item"
          isHere={id === here}
          title={t("nav.hint", { page: t(`page.${id}`), key: index + 1 })}
        >
          <svg viewBox="0 0 16 16" width="18" height="18" className="icon" aria-hidden="true">
            <path d={icon} />
          </svg>
          <span>{t(`nav.${id}`)}</span>
        </PlaceLink>
      ))}
    </nav>
  );
}
