/**
 * `causalgate/laws`: every law by its name. `causalgate` has what a law of your own is made of.
 */
export * from "./laws/all.ts";
