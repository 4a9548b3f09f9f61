export * from "./interfaces.ts";
export { openUsageLedger, type UsageLedgerOptions } from "./ledger.ts";
export { durationPrice, type PriceList, type PriceTier, publicPrices } from "./prices.ts";
