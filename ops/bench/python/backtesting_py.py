"""backtesting.py: RSI below 30 at a bar's close buys, with a stop and a target; prints seconds, bars and trades as JSON."""
import json, sys, time, warnings
import pandas as pd
warnings.filterwarnings("ignore")
from backtesting import Backtest, Strategy

def rsi(close, n):
    s = pd.Series(close)
    d = s.diff()
    up = d.clip(lower=0).ewm(alpha=1 / n, adjust=False).mean()
    down = (-d).clip(lower=0).ewm(alpha=1 / n, adjust=False).mean()
    return (100 - 100 / (1 + up / down)).to_numpy()

class Dip(Strategy):
    def init(self):
        self.rsi = self.I(rsi, self.data.Close, 14)
    def next(self):
        if not self.position and self.rsi[-1] < 30:
            price = self.data.Close[-1]
            self.buy(size=0.04, sl=price * 0.997, tp=price * 1.005)

frame = pd.read_csv(sys.argv[1])
frame.index = pd.to_datetime(frame.pop("ts"), unit="ms")
frame.columns = ["Open", "High", "Low", "Close", "Volume"]
frame[["Open", "High", "Low", "Close"]] /= 1_000  # it trades whole units only
test = Backtest(frame, Dip, cash=1_000_000, commission=0.0005, exclusive_orders=False)
began = time.perf_counter()
stats = test.run()
print(json.dumps({"seconds": time.perf_counter() - began, "bars": len(frame), "trades": int(stats["# Trades"])}))
