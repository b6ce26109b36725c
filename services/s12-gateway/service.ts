/**
 * S12 Web UI / API Gateway: the one door for people and programs.
 *
 * People sign in here; what they ask under /api/v1/ goes to the service whose path it is, in their name. The kill
 * switch is here, and the web page with its live events.
 */
import { z } from "@hono/zod-openapi";
import { auditHeads } from "../../shared/collections/audit.ts";
import {
  apiKeys,
  approvals as approvalRecords,
  auditLog,
  killState,
  sessions,
  signingKeys as signingKeyRecords,
  users as userRecords,
} from "../../shared/collections/people.ts";
import { config, exchange, position, router } from "../../shared/contracts.ts";
import { type Context, defineService, every, on } from "../../shared/kit/service.ts";
import { createSealer } from "../../shared/sealing.ts";
import { alerts, opsEvents } from "../../shared/streams.ts";
import { createAccessTokens } from "./access-token.ts";
import { createApiDocuments } from "./api-documents.ts";
import { createApiKeys } from "./api-keys.ts";
import { apiKeyVerbs } from "./api-keys.verbs.ts";
import { approvalVerbs } from "./approvals.verbs.ts";
import { AuditLog } from "./audit.ts";
import { auditVerbs } from "./audit.verbs.ts";
import { createAuthority } from "./authority.ts";
import { createCopies } from "./copies.ts";
import { createDoor, type Door, type DoorParts } from "./door.ts";
import { createFamilies } from "./families.ts";
import { createKill, type Kill } from "./kill.ts";
import { killVerbs } from "./kill.verbs.ts";
import { createKillOnFatal } from "./kill-on-fatal.ts";
import { createLimits } from "./limits.ts";
import { openEvents } from "./live.ts";
import { createFeed, type Feed } from "./live-feed.ts";
import { createPasskeys } from "./passkeys.ts";
import { passkeyVerbs } from "./passkeys.verbs.ts";
import { createProof, type Prove } from "./proof.ts";
import { API_PREFIX } from "./proxy.ts";
import { createReference, ownDocument } from "./reference.ts";
import { createSearch } from "./search.ts";
import { searchVerb } from "./search.verbs.ts";
import { createSecondFactor } from "./second-factor.ts";
import { secondFactorVerbs } from "./second-factor.verbs.ts";
import { sessionVerbs } from "./sessions.verbs.ts";
import { createSignIn } from "./sign-in.ts";
import { signInVerbs } from "./sign-in.verbs.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { createStates } from "./states.ts";
import { stateVerbs } from "./states.verbs.ts";
import { treasuryVerbs } from "./treasury.verbs.ts";
import { createUsers } from "./users.ts";
import { userVerbs } from "./users.verbs.ts";
import { loadWebFiles, SECURITY_HEADERS } from "./web-files.ts";

const FIRST_USER = "admin";
const KILL_REMIND_MS = 2_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CARRY_ON_MS = 5_000;
const FIGURES_MS = 5_000;
const AUDIT_ANCHOR_MS = 60_000;

const settings = z.object({
  adminPassword: z.string().optional().describe("Password of the first user, admin; used while there are no users"),
  sessionTtlMs: z
    .number()
    .int()
    .positive()
    .default(30 * DAY_MS)
    .describe("How long a sign-in lasts at most, however much it is used"),
  sessionIdleMs: z
    .number()
    .int()
    .positive()
    .default(12 * HOUR_MS)
    .describe("How long a sign-in lasts without being used; an open page uses it"),
  accessTtlMs: z
    .number()
    .int()
    .min(60_000)
    .default(10 * 60_000)
    .describe("How long an access token lasts, and how often a page renews its cookie"),
  signingKeyTtlMs: z
    .number()
    .int()
    .min(HOUR_MS)
    .default(30 * DAY_MS)
    .describe("How long a key signs access tokens before another one takes over"),
  requestsPerMinuteMax: z
    .number()
    .int()
    .positive()
    .default(3_000)
    .describe("How much one person, or one API key, may ask in a minute; an open page asks some 120 times"),
  openRequestsPerMinuteMax: z
    .number()
    .int()
    .positive()
    .default(600)
    .describe("How much may be asked in a minute from one address without a sign-in"),
  approvals: z
    .enum(["single", "two"])
    .default("single")
    .describe("single: one person may turn the kill switch off, and approve what they asked for themselves"),
  approvalTtlMs: z
    .number()
    .int()
    .positive()
    .default(24 * HOUR_MS)
    .describe("How long an approval waits for a person"),
  grantKey: z
    .string()
    .optional()
    .describe("What grants to move funds are signed with; the data folder's own unless set"),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where people open the page, such as https://chimera.example; passkeys belong to its host"),
  webFolder: z.string().optional().describe("Folder of the built web page"),
  mode: z.enum(["paper", "testnet", "live"]).default("paper").describe("Shown on every page"),
  venue: z.string().default("Paper venue").describe("Name of the exchange, shown on every page"),
});

export default defineService({
  id: "s12",
  name: "s12-gateway",
  title: "Web UI / API Gateway",
  port: 8092,
  settings,
  calls: { exchange, router, position, config },
  emits: [],
  usesConfig: false,
  alias: API_PREFIX,
  usesBlobs: true,
  owns: [userRecords, sessions, signingKeyRecords, apiKeys, killState, approvalRecords, auditLog, auditHeads],

  async setup(ctx) {
    const { settings, store, clock, log, peers, calls, audit } = ctx;
    const { mode, venue, approvals, adminPassword, webFolder } = settings;
    const { signIn, signingKeys, users, keys, factor, passkeys } = identityOf(ctx);
    const kill = createKill({ store, clock, log, calls, audit });
    const killOnFatal = createKillOnFatal({ store, clock, kill });
    const feed = createFeed({ peers, clock, log });
    const auditTrail = new AuditLog({ store, clock, log, blobs: ctx.blobs, alert: ctx.alert });
    const events: DoorParts["events"] = (request, view) =>
      openEvents(feed, request, { ...view, hello: { now: clock.now(), mode, venue, approvals } });
    const documents = createApiDocuments({ peers, clock, log, self: "s12" });
    const authority = createAuthority({ ctx, settings, signIn, kill, documents, own: () => verbs });
    const { acting, approved, treasury, admits, forward } = authority;
    const own = () => ownDocument(verbs);
    const reference = createReference({ peers, documents, self: "s12", own });
    const door = createDoor({ keys, signIn, log, events, forward, reference, page: await loadWebFiles(webFolder) });
    const meter = limitsOf(ctx, door);
    const states = createStates(peers, clock, "s12");
    const verbs = [
      ...signInVerbs(signIn, users),
      ...sessionVerbs(signIn, signingKeys),
      ...userVerbs(users, store),
      ...secondFactorVerbs(factor),
      ...passkeyVerbs(passkeys, settings.publicUrl),
      ...apiKeyVerbs(keys, store),
      ...killVerbs(kill),
      ...stateVerbs(states, { mode, venue, approvals }),
      ...treasuryVerbs(treasury, approved, ctx.account),
      ...approvalVerbs({ approved, acting, store, mode: approvals }),
      ...auditVerbs(auditTrail, store),
      searchVerb(createSearch({ store, peers, prefix: API_PREFIX })),
    ];

    return {
      ...door,
      async authenticate(request) {
        const who = await door.authenticate(request);
        return who && authority.knows(request, who);
      },
      admits,
      meter,
      // What is told to one person is for no cache; the page's files say otherwise of themselves.
      headers: { ...SECURITY_HEADERS, "cache-control": "no-store" },
      verbs,
      consumes: [
        on(opsEvents, (event, message) => auditTrail.hear(event, message)),
        on(alerts, (alert) => killOnFatal.hear(alert)),
      ],
      jobs: [
        every(KILL_REMIND_MS, "kill-remind", kill.remind),
        every(FIGURES_MS, "figures", figuresOf(ctx, kill, feed)),
        every(AUDIT_ANCHOR_MS, "audit-anchor", () => auditTrail.anchor()),
        every(HOUR_MS, "signing-keys", () => signingKeys.rotate()),
        every(CARRY_ON_MS, "approved-acts", () => approved.carryOn()),
      ],
      async start() {
        const isNew = adminPassword !== undefined && (await store.count(userRecords)) === 0;
        if (isNew) await users.createFirst(FIRST_USER, adminPassword);
        await signingKeys.rotate();
        await kill.load();
        await kill.remind();
        feed.start();
        void auditTrail.begin();
      },
      stop: async () => feed.stop(),
    };
  },
});

type Ctx = Context<z.output<typeof settings>, { exchange: typeof exchange; config: typeof config }>;

function identityOf(ctx: Ctx) {
  const { store, clock, random, rateLimit, cache, audit, alert } = ctx;
  const { grantKey } = ctx.settings;
  const bytes = (count: number) => random.bytes(count);
  const sealer = grantKey === undefined ? undefined : createSealer(grantKey, "second factors", bytes);
  const passkeys = createPasskeys({ store, clock, random, rateLimit, cache, audit, alert });
  const prove = createProof({ store, clock, random, rateLimit, sealer, audit, checkPasskey: passkeys.check });
  const { signIn, signingKeys } = sessionsOf(ctx, prove);
  const keys = createApiKeys({ store, clock, random, audit });
  const users = createUsers({ store, clock, random, prove, audit, onDisable: keys.endOf, onChange: signIn.changed });
  const factor = createSecondFactor({ store, clock, random, sealer, audit });
  return { signIn, signingKeys, users, keys, factor, passkeys };
}

function sessionsOf({ store, clock, random, cache, log, audit, alert, settings }: Ctx, prove: Prove) {
  const { grantKey, accessTtlMs: tokenMs, signingKeyTtlMs, sessionIdleMs: idleMs, sessionTtlMs } = settings;
  const bytes = (count: number) => random.bytes(count);
  const sealer = grantKey === undefined ? undefined : createSealer(grantKey, "signing keys", bytes);
  const keyParts = { store, clock, random, sealer, lifeMs: signingKeyTtlMs, tokenMs, log, audit };
  const signingKeys = createSigningKeys(keyParts);
  const access = createAccessTokens({ keys: signingKeys, clock, ttlMs: tokenMs });
  const copies = createCopies({ cache, clock, random });
  const familyParts = { store, clock, random, copies, idleMs, lifeMs: sessionTtlMs, tokenMs, audit, alert };
  const families = createFamilies(familyParts);
  return { signIn: createSignIn({ store, clock, copies, families, access, prove }), signingKeys };
}

function limitsOf({ rateLimit, clock, log, metrics, settings }: Ctx, { slotOf }: Pick<Door, "slotOf">) {
  const { requestsPerMinuteMax: perPrincipal, openRequestsPerMinuteMax: perAddress } = settings;
  return createLimits({ rateLimit, clock, log, metrics, perPrincipal, perAddress, slotOf });
}

/** What is as it is between two changes too: who looks on, and whether the kill switch is on. */
function figuresOf({ metrics }: Ctx, kill: Kill, feed: Feed): () => void {
  const views = metrics.gauge("live_views", "Live views that are open: pages and programs that listen to events");
  const isOn = metrics.gauge("kill_switch", "1 while the kill switch is on, else 0");
  return () => {
    views.set(feed.size());
    isOn.set(Number(kill.current().enabled));
  };
}
