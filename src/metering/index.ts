export { BudgetError, parseBudget } from "./budgets/budget.ts";
export { Budgets } from "./budgets/budgets.ts";
export * from "./interfaces.ts";
export { openUsageLedger, type UsageLedgerOptions } from "./ledger.ts";
export { type PriceList, PriceListError, parsePriceList, publicPrices } from "./price-list.ts";
export { ProvisionedMeter, type ProvisionedMeterOptions } from "./provisioned-meter.ts";
export { furtherRequestsOf } from "./quantities.ts";
export { DIMENSIONS, type Dimension, monthStart, type ReportQuery, usageReport } from "./report.ts";
export { reportCsv } from "./report-csv.ts";
