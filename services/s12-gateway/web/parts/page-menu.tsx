/** How the page looks, and signing out. */
import { Menu } from "@base-ui/react/menu";
import type { Me } from "../api/shapes.ts";
import { useText } from "../i18n/translate.ts";
import { go } from "../state/address.ts";
import { CHOICE_NAMES, CHOICES, type Prefs, prefer, prefsStore } from "../state/prefs.ts";
import { signOut } from "../state/sign-out.ts";
import { useStore } from "../state/store.ts";

export function PageMenu({ me, onPalette }: { me: Me; onPalette: () => void }) {
  const { t } = useText();
  const prefs = useStore(prefsStore, (value) => value);
  return (
    <Menu.Root>
      <Menu.Trigger className="button quiet" aria-label={t("menu.title")}>
        <svg viewBox="0 0 16 16" width="16" height="16" className="icon" aria-hidden="true">
          <path d="M2 4h7m4 0h1M2 8h2m4 0h6M2 12h7m4 0h1M11 2.5v3M6 6.5v3M11 10.5v3" />
        </svg>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={6} align="end">
          <Menu.Popup className="menu">
            {CHOICE_NAMES.map((name) => (
              <Menu.RadioGroup
                key={name}
                value={prefs[name]}
                onValueChange={(value) => prefer({ [name]: value } as Partial<Prefs>)}
              >
                <Menu.GroupLabel className="menu-label">{t(`menu.${name}`)}</Menu.GroupLabel>
                <div className="menu-choices">
                  {CHOICES[name].map((choice) => (
                    <Menu.RadioItem key={choice} value={choice} className="menu-choice" closeOnClick={false}>
                      {t(`${name}.${choice}` as "theme.dark")}
                    </Menu.RadioItem>
                  ))}
                </div>
              </Menu.RadioGroup>
            ))}
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onClick={() => go({ page: "settings", id: "" })}>
              {t("page.settings")} <kbd>,</kbd>
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={onPalette}>
              {t("palette.open")} <kbd>Ctrl K</kbd>
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => void signOut()}>
              {t("menu.sign_out", { user: me.username })}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
