/** Vega, which draws the figures. The build replaces this module by a bundle of both packages. */
export * from "vega";
export { compile } from "vega-lite";
