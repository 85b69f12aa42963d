import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The files in which the build leaves the bundles, for an installation that has no esbuild. */
export const assetFiles = { script: "browser.js", style: "browser.css" } as const;

export type PageAsset = keyof typeof assetFiles;

/** The sources of the bundles, beside the build's own files. */
const sources = { script: "../browser/main.ts", style: "../browser/page.css" } as const;

/**
 * Returns the script of the page, with the functions of cost/ in it, or the style sheet, with Pico
 * in it: the prebuilt file if there is one, otherwise a new bundle of `browser/`.
 */
export function pageAsset(asset: PageAsset): Promise<string> {
  const prebuilt = join(import.meta.dirname, assetFiles[asset]);
  return existsSync(prebuilt) ? readFile(prebuilt, "utf8") : bundledAsset(asset);
}

/** Returns a new bundle, minified and safe inside a `<script>` or `<style>` element. */
export async function bundledAsset(asset: PageAsset): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, sources[asset])],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
  });
  return outputFiles[0].text.replaceAll("</", "<\\/");
}
