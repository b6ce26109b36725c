"""NautilusTrader's BacktestEngine: RSI below 30 at a bar's close buys, with a stop and a target; prints JSON."""
import json, sys, time
from decimal import Decimal
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import RelativeStrengthIndex
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

class DipConfig(StrategyConfig, frozen=True):
    pass

class Dip(Strategy):
    def __init__(self, instrument, bar_type):
        super().__init__(DipConfig())
        self.instrument, self.bar_type = instrument, bar_type
        self.rsi = RelativeStrengthIndex(14)
        self.trades = 0
    def on_start(self):
        self.register_indicator_for_bars(self.bar_type, self.rsi)
        self.subscribe_bars(self.bar_type)
    def on_bar(self, bar):
        if not self.rsi.initialized or not self.portfolio.is_flat(self.instrument.id) or self.rsi.value >= 0.3:
            return
        if self.cache.orders_open(instrument_id=self.instrument.id):
            return
        price = float(bar.close)
        self.trades += 1
        self.submit_order_list(self.order_factory.bracket(
            instrument_id=self.instrument.id, order_side=OrderSide.BUY,
            quantity=self.instrument.make_qty(0.01),
            sl_trigger_price=self.instrument.make_price(price * 0.997),
            tp_price=self.instrument.make_price(price * 1.005)))

instrument = TestInstrumentProvider.btcusdt_perp_binance()
bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
frame = pd.read_csv(sys.argv[1])
frame.index = pd.to_datetime(frame.pop("ts"), unit="ms", utc=True)
bars = BarDataWrangler(bar_type, instrument).process(frame)
engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
engine.add_venue(Venue("BINANCE"), oms_type=OmsType.NETTING, account_type=AccountType.MARGIN,
                 base_currency=None, starting_balances=[Money(1_000_000, USDT)])
engine.add_instrument(instrument)
engine.add_data(bars)
dip = Dip(instrument, bar_type)
engine.add_strategy(dip)
began = time.perf_counter()
engine.run()
print(json.dumps({"seconds": time.perf_counter() - began, "bars": len(bars), "trades": dip.trades}))
