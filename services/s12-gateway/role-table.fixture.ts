/** Who may do what: one written table of all operations, which the services' own declarations are held against. */
import type { Role } from "../../shared/kit/service.ts";

export const ROLES: readonly Role[] = ["viewer", "researcher", "trader", "risk", "admin"];

interface Family {
  /** Empty: services alone. */
  roles: readonly Role[];
  /** person: no program. fresh: a person who has just proved who they are. */
  care?: "person" | "fresh";
  /** Nobody has to sign in. */
  open?: true;
  /** Method and path; in brackets what sets requests of one operation apart. */
  operations: readonly string[];
}

export const TABLE: Readonly<Record<string, Family>> = {
  "before signing in": {
    roles: ROLES,
    open: true,
    operations: [
      "POST /auth/login",
      "POST /auth/refresh",
      "POST /auth/passkey/challenge",
      "GET /auth/jwks",
      "GET /.well-known/jwks.json",
    ],
  },
  read: {
    roles: ROLES,
    operations: [
      ...[
        "GET /active",
        "GET /bundles",
        "GET /config/schema",
        ...["GET /config/factors", "GET /config/strategies", "GET /config/rules", "GET /config/instruments"],
        ...["GET /config/models", "GET /config/flags", "GET /config/documents/{kind}/{id}/history"],
        ...["GET /config/diff", "GET /bundles/{bundle_id}/{rev}", "GET /simulations", "GET /simulations/{sim_id}"],
        "GET /alerts",
        "GET /alerts/rules",
        "GET /silences",
        ...["GET /health-level", "GET /health-level/history"],
        ...["GET /topology", "GET /slo"],
        ...["GET /actions", "GET /strategy-events", "GET /log-events"],
        ...["GET /metrics", "GET /metrics/names"],
      ],
      ...["GET /xchg/instruments", "GET /xchg/time", "GET /xchg/balances", "GET /xchg/open-orders"],
      ...["GET /xchg/positions", "GET /xchg/history", "GET /xchg/income", "GET /xchg/funding"],
      "GET /xchg/funding-rates",
      ...["GET /xchg/treasury/transfers", "GET /xchg/live", "GET /xchg/live/checklist"],
      ...["GET /features/{instrument}", "GET /factors", "GET /regime", "GET /signals"],
      ...["GET /features/{instrument}/history", "GET /features/jobs", "GET /features/jobs/{job_id}"],
      ...["GET /decisions", "GET /decisions/{signal_id}", "POST /decide", "POST /decide/batch"],
      "GET /decisions/rules",
      "GET /budget",
      ...["GET /orders", "GET /orders/{id}", "GET /fills", "GET /intents/{intent_id}", "GET /plans"],
      ...["GET /plans/{intent_id}", "GET /cost-curves", "GET /positions", "GET /trades", "GET /trades/{id}"],
      ...["GET /pnl", "GET /equity", "GET /holdings", "GET /statements", "GET /statements/{day}", "GET /tax"],
      ...["GET /reconciliations", "GET /reconciliations/{run_id}", "GET /models", "GET /models/{model_id}/{hash}"],
      ...["GET /experiments", "GET /experiments/{exp_id}", "GET /experiments/{exp_id}/trials"],
      ...["GET /experiments/{exp_id}/trades", "GET /hypotheses", "GET /hypotheses/{hypothesis_id}"],
      ...["GET /models/{model_id}/{hash}/curves", "GET /trainings", "GET /trainings/{training_id}"],
      ...["GET /autopsies", "GET /autopsy/{trade_id}", "GET /autopsy/{trade_id}/report"],
      ...["GET /labels", "GET /labels/{signal_id}", "GET /labels/coverage", "GET /labels/summary"],
      ...[
        "GET /programs",
        "GET /programs/{program_id}/{hash}",
        "GET /labels/jobs",
        "GET /labels/jobs/{job_id}",
        "GET /kill-switch",
        "GET /approvals",
        "GET /promotions",
        "GET /promotions/{promotion_id}",
      ],
      ...["GET /approvals/{id}", "GET /audit", "GET /audit/head", "GET /search"],
      ...["GET /services", "GET /services/{id}/health"],
    ],
  },
  "one's own": { roles: ROLES, operations: ["GET /auth/me", "POST /auth/logout"] },
  "one's own, as a person": {
    roles: ROLES,
    care: "person",
    operations: [
      ...["POST /auth/confirm", "POST /auth/password", "GET /auth/sessions", "POST /auth/sessions/end-others"],
      ...["POST /auth/sessions/{session_id}/end", "GET /auth/passkeys", "GET /api-keys", "DELETE /api-keys/{key_id}"],
    ],
  },
  "one's own, proved again": {
    roles: ROLES,
    care: "fresh",
    operations: [
      ...["POST /auth/totp/enrol", "POST /auth/totp/confirm", "POST /auth/totp/disable", "POST /api-keys"],
      ...["POST /auth/passkeys/offer", "POST /auth/passkeys", "POST /auth/passkeys/{passkey_id}/remove"],
      // What was approved is told to who asked for it, whatever that was.
      "POST /approvals/{id}/collect",
    ],
  },
  "research: experiments, labels, reports, factors, models, draft bundles": {
    roles: ["researcher", "risk", "admin"],
    operations: [
      ...[
        "POST /bundles",
        "POST /bundles/{bundle_id}/stage",
        "POST /config/lint",
        "POST /config/diff",
        "POST /labels/backfill",
        "POST /labels/jobs/{job_id}/cancel",
        "POST /models",
      ],
      ...["POST /simulate", "POST /simulations/{sim_id}/cancel"],
      ...["POST /models/train", "POST /trainings/{training_id}/cancel"],
      ...["POST /experiments/run", "POST /experiments/{exp_id}/cancel", "POST /hypotheses"],
      ...["POST /features/recompute", "POST /features/jobs/{job_id}/cancel", "POST /autopsy/{trade_id}"],
    ],
  },
  "code that runs where orders are decided": { roles: ["risk", "admin"], operations: ["POST /programs"] },
  "trade: what may add risk": {
    roles: ["trader", "admin"],
    operations: ["POST /orders", "POST /decide (for real)", "POST /auto-transfer/trigger"],
  },
  "cancel, reduce, manage, reconcile": {
    roles: ["trader", "risk", "admin"],
    operations: [
      ...["POST /cancel", "POST /positions/flatten", "POST /positions/manage", "POST /reconcile"],
      ...["POST /strategies/{strategy_id}/pause", "POST /strategies/{strategy_id}/resume", "POST /alerts/{id}/ack"],
      ...["POST /alerts/ack", "POST /alerts/{id}/resolve"],
      "POST /xchg/live/disarm",
    ],
  },
  "see channels": { roles: ["trader", "risk", "admin"], operations: ["GET /channels", "GET /deliveries"] },
  "silence alerts": { roles: ["risk", "admin"], operations: ["POST /silences", "DELETE /silences/{id}"] },
  "try a channel": { roles: ["admin"], operations: ["POST /channels/{channel_id}/test"] },
  "kill on": { roles: ["trader", "risk", "admin"], operations: ["POST /kill-switch (on)"] },
  "kill off, live arm, promote": {
    roles: ["risk", "admin"],
    care: "fresh",
    operations: ["POST /kill-switch (off)", "POST /xchg/live/arm", "POST /promote"],
  },
  "take a promotion back": { roles: ["risk", "admin"], operations: ["POST /promotions/{promotion_id}/abort"] },
  "ask for a transfer": { roles: ["trader", "risk", "admin"], operations: ["POST /treasury/transfer"] },
  approve: { roles: ["risk", "admin"], care: "fresh", operations: ["POST /approvals/{id}/approve"] },
  "refuse what waits": { roles: ["risk", "admin"], care: "person", operations: ["POST /approvals/{id}/refuse"] },
  "see users": { roles: ["admin"], operations: ["GET /users"] },
  "users and roles": {
    roles: ["admin"],
    care: "fresh",
    operations: [
      ...["POST /users", "POST /users/{username}/role", "POST /users/{username}/disable"],
      ...["POST /users/{username}/enable", "POST /users/{username}/reset-password"],
    ],
  },
  channels: {
    roles: ["admin"],
    care: "fresh",
    operations: [
      ...["POST /channels", "PUT /channels/{channel_id}", "DELETE /channels/{channel_id}"],
      "POST /channels/{channel_id}/secret",
    ],
  },
  "move funds on a grant": { roles: [], operations: ["POST /xchg/treasury/transfer"] },
};

/** What is sent where an empty body would not tell what is meant, or would do something. */
export const BODIES: Readonly<Record<string, object>> = {
  "POST /kill-switch (on)": { enable: true, mode: "HALT", reason: "the table of roles" },
  "POST /kill-switch (off)": { enable: false, reason: "the table of roles" },
  "POST /decide (for real)": { signal_id: "none", dry_run: false },
  "POST /auth/refresh": { refresh_token: 1 },
};
