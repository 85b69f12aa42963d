import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The file in which the build leaves the bundle, for an installation that has no esbuild. */
export const pageScriptFile = "browser.js";

/**
 * Returns the script of the page, with the functions of cost/ in it: the prebuilt file if there is
 * one, otherwise a new bundle of `browser/`.
 */
export function pageScript(): Promise<string> {
  const prebuilt = join(import.meta.dirname, pageScriptFile);
  return existsSync(prebuilt) ? readFile(prebuilt, "utf8") : bundlePageScript();
}

/** Returns a new bundle of `browser/`, minified and safe inside a `<script>` element. */
export async function bundlePageScript(): Promise<string> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../browser/main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
  });
  return outputFiles[0].text.replaceAll("</", "<\\/");
}
