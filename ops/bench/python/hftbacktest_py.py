"""hftbacktest on a recorded file of raw Binance futures lines: posts at the touch now and then; prints JSON."""
import json, sys, time
import numpy as np
from numba import njit
from hftbacktest import BacktestAsset, HashMapMarketDepthBacktest, GTX, LIMIT, BUY, NONE
from hftbacktest.data.utils import binancefutures

data = binancefutures.convert(sys.argv[1], output_filename=None, combined_stream=True) if sys.argv[1].endswith(".gz") else np.load(sys.argv[1])["data"]

@njit
def run(hbt):
    orders = 0
    while hbt.elapse(100_000_000) == 0:
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        if orders % 10 == 0 and len(hbt.orders(0)) == 0:
            hbt.submit_buy_order(0, orders + 1, depth.best_bid, 0.001, GTX, LIMIT, False)
        orders += 1
    return orders

def asset():
    return (BacktestAsset().data([data]).linear_asset(1.0).constant_order_latency(5_000_000, 4_000_000)
            .risk_adverse_queue_model().no_partial_fill_exchange().trading_value_fee_model(0.0002, 0.0005)
            .tick_size(0.1).lot_size(0.001))

run(HashMapMarketDepthBacktest([asset()]))  # compiles
times = []
for _ in range(5):
    hbt = HashMapMarketDepthBacktest([asset()])
    began = time.perf_counter()
    run(hbt)
    times.append(time.perf_counter() - began)
    hbt.close()
print(json.dumps({"seconds": min(times), "events": int(len(data))}))
