/** Every REST endpoint of the venue in one table: method and path → what it costs, who may, what it does. */
import { accountLimitRoutes } from "./account-limits.ts";
import type { Routes } from "./desk.ts";
import { marketDataRoutes } from "./market-data.ts";
import { sapiRoutes } from "./sapi.ts";
import { spotAccountRoutes } from "./spot-account.ts";
import { spotListRoutes } from "./spot-lists.ts";
import { spotRoutes } from "./spot-orders.ts";
import { tickerRoutes } from "./ticker-data.ts";
import { umAccountRoutes } from "./um-account.ts";
import { umAlgoRoutes } from "./um-algos.ts";
import { umBatchRoutes } from "./um-batch.ts";
import { umHistoryRoutes } from "./um-history.ts";
import { umOrderRoutes } from "./um-orders.ts";
import { umSettingsRoutes } from "./um-settings.ts";

export const ROUTES: Routes = {
  ...marketDataRoutes,
  ...tickerRoutes,
  ...accountLimitRoutes,
  ...sapiRoutes,
  ...spotRoutes,
  ...spotListRoutes,
  ...spotAccountRoutes,
  ...umOrderRoutes,
  ...umBatchRoutes,
  ...umAlgoRoutes,
  ...umHistoryRoutes,
  ...umAccountRoutes,
  ...umSettingsRoutes,
};
