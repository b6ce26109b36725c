/** Asks again who somebody is before something dangerous is done, wherever on the page that was asked for. */
import { Dialog } from "@base-ui/react/dialog";
import { useText } from "../i18n/translate.ts";
import { confirmProof } from "../state/account.ts";
import { useMe } from "../state/me.ts";
import { proofGate } from "../state/proof-gate.ts";
import { useStore } from "../state/store.ts";
import { ProofForm } from "./proof-form.tsx";

export function ProofDialog() {
  const { t } = useText();
  const me = useMe();
  const open = useStore(proofGate.asked, (asked) => asked);
  const prove = async (proof: Parameters<typeof confirmProof>[0]) => {
    await confirmProof(proof);
    proofGate.settle(true);
  };
  // After the other dialogue's own listeners, so that one Escape closes one of them.
  const drop = () => queueMicrotask(() => proofGate.settle(false));
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && drop()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop over" />
        <Dialog.Popup className="dialog over">
          <Dialog.Title className="dialog-title">{t("proof.title")}</Dialog.Title>
          <Dialog.Description className="muted">{t("proof.why", { user: me?.username ?? "–" })}</Dialog.Description>
          <ProofForm
            submit={t("proof.submit")}
            busy={t("proof.busy")}
            second={me?.second_factor !== false}
            focus
            onProve={prove}
          />
          <Dialog.Close className="button dialog-close">{t("dialog.cancel")}</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
