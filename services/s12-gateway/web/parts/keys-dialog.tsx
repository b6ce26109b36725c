/** Which keys do what, on `?`. */
import { Dialog } from "@base-ui/react/dialog";
import { useText } from "../i18n/translate.ts";
import { keyOf, PAGES } from "../state/pages.ts";

export function KeysDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { t } = useText();
  const keys: readonly (readonly [key: string, does: string])[] = [
    ["/", t("keys_help.palette")],
    ["Ctrl K", t("keys_help.palette")],
    ["K", t("keys_help.kill")],
    ["?", t("keys_help.this")],
    ["Esc", t("keys_help.close")],
    ...PAGES.map(({ id }) => [keyOf(id).toUpperCase(), t(`page.${id}`)] as const),
  ];
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog keys-dialog">
          <Dialog.Title className="dialog-title">{t("keys_help.title")}</Dialog.Title>
          <dl className="keys-list">
            {keys.map(([key, does]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
          <Dialog.Close className="button dialog-close">{t("dialog.close")}</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
