/** The second factor: an authenticator app with recovery codes, and passkeys. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { passkeysQuery } from "../api/account-queries.ts";
import { createPasskey, hasPasskeys, isPasskeyDeclined, isPasskeyThere } from "../api/passkeys.ts";
import type { Passkey } from "../api/people-shapes.ts";
import { meQuery } from "../api/queries.ts";
import { type Translate, useText } from "../i18n/translate.ts";
import { acceptTotp, addPasskey, dropTotp, offerPasskey, offerTotp, removePasskey } from "../state/account.ts";
import { useMe } from "../state/me.ts";
import { type Act, ActDialog } from "./act-dialog.tsx";
import { Age, When } from "./figures.tsx";
import { LoadedHere } from "./loaded-here.tsx";
import { proofFault } from "./proof-form.tsx";
import { QrPicture } from "./qr-picture.tsx";
import { Secret } from "./secret.tsx";
import { Empty, Panel } from "./states.tsx";

export function FactorSection() {
  const { t } = useText();
  // New ones take the place of those before, whichever factor they came with.
  const [codes, setCodes] = useState<readonly string[]>([]);
  return (
    <>
      {codes.length > 0 ? (
        <Panel className="settings-panel" title={t("factor.recovery.title")}>
          <Secret label={t("factor.recovery")} lines={codes} file="chimera-recovery-codes.txt" />
        </Panel>
      ) : null}
      <AppPanel onCodes={setCodes} />
      <PasskeysPanel onCodes={setCodes} />
    </>
  );
}

interface FactorProps {
  onCodes: (codes: readonly string[]) => void;
}

function AppPanel({ onCodes }: FactorProps) {
  const { t } = useText();
  const me = useMe();
  const client = useQueryClient();
  const [act, setAct] = useState<Act>();
  const offering = useMutation({ mutationFn: offerTotp });
  const accepting = useMutation({
    mutationFn: acceptTotp,
    onSuccess: ({ recovery_codes }) => {
      onCodes(recovery_codes);
      offering.reset();
      void client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  const offer = offering.data;
  const isOn = me?.app_codes ?? false;
  return (
    <Panel id="totp" className="settings-panel" title={t("factor.app")}>
      <p className="muted">{t("factor.app.about")}</p>
      {isOn && !accepting.data ? <p>{t("factor.app.is_on", { count: me?.recovery_codes_left ?? 0 })}</p> : null}
      {accepting.data ? (
        <p className="outcome" role="status">
          {t("factor.app.on")}
        </p>
      ) : null}
      {offer ? (
        <Enrol
          offer={offer}
          error={accepting.error}
          busy={accepting.isPending}
          onCode={(code) => accepting.mutate(code)}
        />
      ) : (
        <p className="act-buttons">
          <button
            type="button"
            className="button"
            disabled={offering.isPending}
            onClick={() => {
              accepting.reset();
              offering.mutate();
            }}
          >
            {t(isOn ? "factor.app.again" : "factor.app.set_up")}
          </button>
          {me?.app_codes === false ? null : (
            <button type="button" className="button" onClick={() => setAct(dropAct(t))}>
              {t("factor.app.drop")}
            </button>
          )}
        </p>
      )}
      <Fault error={offering.error} />
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

function Fault({ error }: { error: Error | null }) {
  const { t } = useText();
  if (!error) return null;
  return (
    <p className="form-error" role="alert">
      {proofFault(t, error)}
    </p>
  );
}

interface EnrolProps {
  offer: { secret: string; uri: string };
  error: Error | null;
  busy: boolean;
  onCode: (code: string) => void;
}

function Enrol({ offer, error, busy, onCode }: EnrolProps) {
  const { t } = useText();
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get("code")).replaceAll(/\s/g, ""));
  };
  return (
    <form className="enrol" onSubmit={submit}>
      <QrPicture text={offer.uri} label={t("factor.qr")} />
      <div className="stack">
        <p>{t("factor.scan")}</p>
        <p>
          <code className="spelled">{offer.secret.match(/.{1,4}/g)?.join(" ")}</code>
        </p>
        <label className="field" htmlFor={id}>
          {t("factor.first_code")}
          <input
            id={id}
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="\s*\d{3}\s*\d{3}\s*"
            title={t("factor.six")}
            required
          />
        </label>
        <Fault error={error} />
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? t("act.busy") : t("factor.turn_on")}
        </button>
      </div>
    </form>
  );
}

const dropAct = (t: Translate): Act => ({
  title: t("factor.drop.title"),
  plan: () => ({ lines: [t("factor.drop.plan")] }),
  hold: t("factor.drop.hold"),
  run: async () => {
    await dropTotp();
    return { lines: [t("factor.drop.done")] };
  },
});

function PasskeysPanel({ onCodes }: FactorProps) {
  const { t } = useText();
  const query = useQuery(passkeysQuery);
  const [act, setAct] = useState<Act>();
  return (
    <Panel id="passkeys" className="settings-panel" title={t("passkeys.title")}>
      <p className="muted">{t("passkeys.about")}</p>
      <LoadedHere query={query} rows={2} what={t("passkeys.title")}>
        {(passkeys) =>
          passkeys.length === 0 ? (
            <Empty>{t("passkeys.empty")}</Empty>
          ) : (
            <ul className="rows things">
              {passkeys.map((passkey) => (
                <PasskeyRow key={passkey.passkey_id} passkey={passkey} onAct={setAct} />
              ))}
            </ul>
          )
        }
      </LoadedHere>
      {hasPasskeys() ? <AddPasskey onCodes={onCodes} /> : <p className="muted">{t("passkeys.none_here")}</p>}
      <ActDialog act={act} onClose={() => setAct(undefined)} />
    </Panel>
  );
}

function PasskeyRow({ passkey, onAct }: { passkey: Passkey; onAct: (act: Act) => void }) {
  const { t } = useText();
  return (
    <li className="thing">
      <div>
        <strong>{passkey.name}</strong>
        <p className="muted">
          {t("passkeys.made")} <When ts={passkey.created_at} day /> ·{" "}
          {passkey.last_used_at === undefined ? (
            t("thing.unused")
          ) : (
            <>
              {t("thing.used")} <Age ts={passkey.last_used_at} /> {t("thing.ago")}
            </>
          )}
        </p>
      </div>
      <button type="button" className="button" onClick={() => onAct(removeAct(t, passkey))}>
        {t("thing.remove")}
      </button>
    </li>
  );
}

const removeAct = (t: Translate, { passkey_id, name }: Passkey): Act => ({
  title: t("passkeys.remove.title"),
  plan: () => ({ lines: [t("passkeys.remove.plan", { name })] }),
  hold: t("passkeys.remove.hold"),
  run: async () => {
    await removePasskey(passkey_id);
    return { lines: [t("passkeys.remove.done", { name })] };
  },
});

function AddPasskey({ onCodes }: FactorProps) {
  const { t } = useText();
  const client = useQueryClient();
  const id = useId();
  const [name, setName] = useState("");
  const adding = useMutation({
    mutationFn: async () => addPasskey(name.trim(), await createPasskey(await offerPasskey())),
    onSuccess: ({ recovery_codes }) => {
      if (recovery_codes) onCodes(recovery_codes);
      setName("");
      void client.invalidateQueries({ queryKey: passkeysQuery.queryKey });
      void client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  const { error } = adding;
  return (
    <form
      className="add-row"
      onSubmit={(event) => {
        event.preventDefault();
        adding.mutate();
      }}
    >
      <label className="field" htmlFor={id}>
        {t("passkeys.name")}
        <input
          id={id}
          value={name}
          maxLength={80}
          required
          placeholder={t("passkeys.name.hint")}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <button type="submit" className="button" disabled={adding.isPending}>
        {adding.isPending ? t("passkeys.touch") : t("passkeys.add")}
      </button>
      {error ? (
        <p className="form-error" role="alert">
          {isPasskeyThere(error)
            ? t("passkeys.there")
            : isPasskeyDeclined(error)
              ? t("proof.passkey.none")
              : proofFault(t, error)}
        </p>
      ) : null}
    </form>
  );
}
