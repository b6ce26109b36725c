/** The account's events through ccxt: its streams where the exchange has them, else asked for again and again. */
import type { InstrumentId, Market } from "../../../shared/domain/instrument.ts";
import { isTerminal } from "../../../shared/domain/order.ts";
import { asProblem } from "../../../shared/errors.ts";
import type { AccountEvent } from "../../../shared/streams.ts";
import type { Surroundings } from "../types.ts";
import type { VenuePorts, VenueStreams } from "../venue-port.ts";
import type { CcxtLine } from "./line.ts";
import type { CcxtOrders, Lines } from "./orders.ts";
import type { Known } from "./symbols.ts";
import type { CcxtBalances, CcxtClient, CcxtOrder, CcxtPosition, CcxtTrade, Params } from "./unified.ts";
import { readBalances, readFill, readOrder, readPosition } from "./unified-read.ts";

/** ccxt does not tell when a subscription stands: after its sockets are open, it is given so long. */
const SETTLE_MS = 1_000;
const LOOK_MS = 100;
const OPEN_MS_MAX = 15_000;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 30_000;
const POLL_MS = 2_000;
const REMEMBERED_MAX = 5_000;

interface Life {
  over: boolean;
}

export class CcxtAccountStreams implements VenueStreams {
  private readonly around: Surroundings;
  private readonly lines: Lines;
  private readonly markets: readonly Market[];
  private readonly orders: CcxtOrders;
  private readonly ports: Pick<VenuePorts, "account" | "tell" | "heard">;
  private readonly isUp: Record<Market, boolean> = { SPOT: false, FUT: false };
  private readonly lastAt: Record<Market, number | undefined> = { SPOT: undefined, FUT: undefined };
  private readonly lives: Record<Market, Life> = { SPOT: { over: true }, FUT: { over: true } };
  private readonly leverages = new Map<InstrumentId, number>();
  private readonly awaited = new Map<string, { market: Market; dueAt: number }>();
  private readonly heardIds = new Set<string>();
  private readonly toldFills = new Set<string>();
  private readonly held = new Map<InstrumentId, string>();
  private running = false;

  constructor(
    around: Surroundings,
    {
      lines,
      markets,
      orders,
      ports,
    }: {
      lines: Lines;
      markets: readonly Market[];
      orders: CcxtOrders;
      ports: Pick<VenuePorts, "account" | "tell" | "heard">;
    },
  ) {
    this.around = around;
    this.lines = lines;
    this.markets = markets;
    this.orders = orders;
    this.ports = ports;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    for (const market of this.markets) {
      this.run(market).catch((error) =>
        this.around.log.error("Account stream ended", { market, error: String(error) }),
      );
    }
  }

  stop(): void {
    this.running = false;
    for (const life of Object.values(this.lives)) life.over = true;
  }

  trouble(): string | undefined {
    const down = this.markets.filter((market) => !this.isUp[market]);
    return down.length === 0 ? undefined : `${down.join(" and ")} account stream is down`;
  }

  setLeverage(instrument: InstrumentId, leverage: number): void {
    this.leverages.set(instrument, leverage);
  }

  expect(market: Market, clientOrderId: string): void {
    if (!this.isUp[market] || this.heardIds.has(clientOrderId)) return;
    const dueAt = this.around.clock.mono() + this.around.settings.executionHeardMsMax;
    this.awaited.set(clientOrderId, { market, dueAt });
  }

  checkHeard(): void {
    const now = this.around.clock.mono();
    for (const market of this.markets) {
      const overdue = [...this.awaited].some(([, wait]) => wait.market === market && wait.dueAt < now);
      if (!overdue) continue;
      for (const [id, wait] of this.awaited) if (wait.market === market) this.awaited.delete(id);
      this.around.raise("WARN", "ACCOUNT_STREAM_DEAF", `The ${market} account stream missed an order`, "Reconnecting");
      this.lives[market].over = true;
      this.lines[market].close().catch(() => undefined);
    }
  }

  /** ccxt renews its own keys. */
  async keepAlive(): Promise<void> {}

  private async run(market: Market): Promise<void> {
    const { clock, log, meters, raise } = this.around;
    for (let failures = 0; this.running; failures++) {
      const life: Life = { over: false };
      this.lives[market] = life;
      const begunAt = clock.mono();
      const error = await this.live(market, life).catch((reason: unknown) => reason);
      life.over = true;
      if (!this.running) return;
      if (this.isUp[market]) {
        this.lastAt[market] ??= clock.now();
        raise("WARN", "ACCOUNT_STREAM_DOWN", `The ${market} account stream is down`, "Reconnecting");
      }
      this.isUp[market] = false;
      meters.reconnects.inc({ socket: `ccxt-${market.toLowerCase()}-account` });
      log.warn("Account stream lost", { market, error: String(error).slice(0, 200) });
      await this.lines[market].close();
      if (clock.mono() - begunAt > WAIT_MS_MAX) failures = 0;
      await clock.sleep(Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(failures, 10)));
    }
  }

  /** Ends, with what went wrong, as soon as any part does. */
  private async live(market: Market, life: Life): Promise<never> {
    const line = this.lines[market];
    const client = await line.open();
    if (Object.keys(client.markets ?? {}).length === 0) await line.list();
    const watches: [string, () => Promise<void>][] = [
      ["watchOrders", async () => this.takeOrders(line, await client.watchOrders())],
      ["watchMyTrades", async () => this.takeTrades(line, await client.watchMyTrades())],
      ["watchBalance", async () => this.takeBalances(line, await client.watchBalance())],
      ...(market === "FUT"
        ? ([["watchPositions", async () => this.takePositions(line, await client.watchPositions())]] as const).map(
            ([name, once]): [string, () => Promise<void>] => [name, once],
          )
        : []),
    ];
    const has = (name: string) => this.around.settings.ccxtStreams && client.has[name] === true;
    const isStreamed = has("watchOrders") && has("watchMyTrades");
    const again = async (once: () => Promise<void>) => {
      while (!life.over) await once();
      throw new Error("replaced");
    };
    const parts = isStreamed
      ? watches.filter(([name]) => has(name)).map(([, once]) => again(once))
      : [again(() => this.poll(line))];
    const settled = (isStreamed ? this.settled(client, life) : Promise.resolve()).then(() => {
      if (life.over) return;
      this.isUp[market] = true;
      this.tellGap(market);
    });
    const never = new Promise<never>(() => {});
    return Promise.race([...parts, settled.then(() => never)]);
  }

  private async settled(client: CcxtClient, life: Life): Promise<void> {
    const { clock } = this.around;
    const until = clock.mono() + OPEN_MS_MAX;
    const isOpen = () => {
      const named = Object.entries((client.clients ?? {}) as Record<string, { isConnected?: boolean }>);
      const sockets = named.filter(([url]) => /^wss?:/.test(url)).map(([, socket]) => socket);
      return sockets.length > 0 && sockets.every((socket) => socket.isConnected === true);
    };
    while (!life.over && !isOpen()) {
      if (clock.mono() > until) throw new Error("did not open in time");
      await clock.sleep(LOOK_MS);
    }
    await clock.sleep(SETTLE_MS);
  }

  /** Also at the first connection: what happened before this process began was missed too. */
  private tellGap(market: Market): void {
    const ts = this.around.clock.now();
    this.ports.tell({ kind: "gap", instrument: market, from_ts: this.lastAt[market] ?? 0, ts });
    this.lastAt[market] = ts;
  }

  /** Nothing for what is another market's, and before the gap was told: that one makes the listeners ask. */
  private mine(line: CcxtLine, { symbol, info }: { symbol?: string; info?: Params }): Known | undefined {
    const { marketOf } = line.dialect;
    const isOther = marketOf !== undefined && info !== undefined && marketOf(info) !== line.market;
    return isOther || !this.isUp[line.market] ? undefined : line.symbols.of(symbol);
  }

  private async takeOrders(line: CcxtLine, rows: readonly CcxtOrder[]): Promise<void> {
    for (const row of rows) {
      const known = this.mine(line, row);
      if (!known || row.id === undefined) continue;
      const info = (row.info?.o ?? row.info ?? {}) as Params;
      const isStop = line.dialect.isStop?.(info) === true;
      const order = readOrder(known, row, isStop ? { conditional: true } : {});
      const sentId = isStop ? line.dialect.sentOrder?.(info) : undefined;
      if (sentId !== undefined) this.orders.adopt(known.instrument, sentId, order.client_order_id);
      // What the trigger sent tells its own end, under the same client id.
      if (isStop && sentId !== undefined && isTerminal(order.status)) continue;
      const client_order_id =
        (isStop ? undefined : this.orders.nameOf(known.instrument, row.id)) ?? order.client_order_id;
      this.execution(line, { ...order, client_order_id, order_id: this.orders.idFor(line, order) });
    }
  }

  private async takeTrades(line: CcxtLine, rows: readonly CcxtTrade[]): Promise<void> {
    for (const row of rows) {
      const known = this.mine(line, row);
      if (!known || row.id === undefined || row.order === undefined) continue;
      const key = `${known.instrument}/${row.id}`;
      if (this.toldFills.has(key)) continue;
      this.toldFills.add(key);
      trim(this.toldFills);
      const fill = readFill(known, row);
      const order = await this.orders.byId(known.instrument, row.order).catch((error: unknown) => {
        this.around.log.warn("A fill's order is not known yet", { error: asProblem(error).message });
      });
      if (!order) {
        // Whose it is, the listeners can ask for.
        this.ports.tell({ kind: "gap", instrument: line.market, from_ts: fill.ts, ts: this.around.clock.now() });
        continue;
      }
      this.execution(line, order, fill);
    }
  }

  private execution(line: CcxtLine, order: ReturnType<typeof readOrder>, fill?: ReturnType<typeof readFill>): void {
    const ts = this.around.clock.now();
    this.lastAt[line.market] = ts;
    const id = order.client_order_id;
    this.awaited.delete(id);
    this.heardIds.add(id);
    trim(this.heardIds);
    this.ports.heard(id);
    const { fill_id, price, qty, fee, fee_asset, maker } = fill ?? {};
    const event: AccountEvent = {
      ...{ kind: "execution", account: this.ports.account, instrument: order.instrument, client_order_id: id },
      ...{ order_id: order.order_id, status: order.status, side: order.side, type: order.type },
      filled_qty: order.filled_qty,
      ...(order.avg_price !== undefined && { avg_price: order.avg_price }),
      ...(fill && { fill: { fill_id, price, qty, fee, fee_asset, maker } as NonNullable<typeof fill> }),
      ...{ exch_ts: fill?.ts || order.updated_at || ts, ts },
    };
    this.ports.tell(event);
  }

  private takeBalances(line: CcxtLine, body: CcxtBalances): void {
    const ts = this.around.clock.now();
    const market = line.dialect.oneWallet ? "FUT" : line.market;
    const balances = readBalances(market, body, ts);
    if (balances.length > 0 && this.isUp[line.market])
      this.ports.tell({ kind: "balance", balances, instrument: market, ts });
  }

  private takePositions(line: CcxtLine, rows: readonly CcxtPosition[]): void {
    const ts = this.around.clock.now();
    for (const row of rows) {
      const known = this.mine(line, { symbol: row.symbol });
      if (!known) continue;
      const { instrument } = known;
      const read = readPosition(this.ports.account, known, row);
      const flat = { account: this.ports.account, instrument, qty: "0", entry_price: "0", mark_price: "0" };
      const position = read ?? {
        ...{ ...flat, unrealised_usdt: "0", leverage: 0, isolated_margin_usdt: "0" },
        updated_at: row.timestamp ?? ts,
      };
      const leverage = position.leverage || this.leverages.get(instrument) || 0;
      this.held.set(instrument, position.qty);
      this.ports.tell({ kind: "position", instrument, position: { ...position, leverage }, ts });
    }
  }

  /** Without streams: what became of the orders that live, their fills, what is held. */
  private async poll(line: CcxtLine): Promise<void> {
    await this.around.clock.sleep(POLL_MS);
    for (const { ref, last } of this.orders.living(line.market)) {
      const order = await this.orders.query(ref).catch(() => undefined);
      if (!order) continue;
      const known = line.need(ref.instrument);
      const trades = Number(order.filled_qty) > 0 ? await line.ask((client) => client.fetchMyTrades(known.symbol)) : [];
      await this.takeTrades(
        line,
        trades.filter((row) => row.order === order.order_id),
      );
      if (last?.status !== order.status || last.filled_qty !== order.filled_qty) this.execution(line, order);
      this.orders.told(order);
    }
    this.takeBalances(line, await line.ask((client) => client.fetchBalance()));
    if (line.market !== "FUT") return;
    const rows = await line.ask((client) => client.fetchPositions());
    this.takePositions(line, rows);
    const open = new Set(rows.map((row) => line.symbols.of(row.symbol)?.instrument));
    for (const [instrument, qty] of this.held) {
      if (qty === "0" || open.has(instrument)) continue;
      this.takePositions(line, [{ symbol: line.need(instrument).symbol, contracts: "0" }]);
    }
  }
}

function trim(memory: Set<string>): void {
  const oldest = memory.values().next().value;
  if (memory.size > REMEMBERED_MAX && oldest !== undefined) memory.delete(oldest);
}
