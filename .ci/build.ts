/**
 * Builds `dist/`: the JavaScript and declarations of `src/`, the files that they read, and bundles
 * of what an installation does without: the page's script and style sheet, and Vega, which is 25 MB
 * as packages.
 */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { build } from "esbuild";
import { assetFiles, bundledAsset } from "../src/report/page/page-assets.ts";

const root = join(import.meta.dirname, "..");
const [source, target] = [join(root, "src"), join(root, "dist")];

rmSync(target, { recursive: true, force: true });
compile();
copyFiles();
for (const asset of ["script", "style"] as const) {
  writeFileSync(join(target, "report/page", assetFiles[asset]), await bundledAsset(asset));
}
await bundleVega();

function compile(): void {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const parameters = [compiler, "-p", join(root, "tsconfig.build.json")];
  execFileSync(process.execPath, parameters, { stdio: "inherit" });
}

/** Copies what is no code, such as the trained models. */
function copyFiles(): void {
  const notCopied = { extensions: [".ts", ".js", ".md"], folders: ["browser", "__pycache__"] };
  cpSync(source, target, {
    recursive: true,
    filter: (path) =>
      statSync(path).isDirectory()
        ? !notCopied.folders.includes(basename(path))
        : !notCopied.extensions.includes(extname(path)),
  });
}

/** Puts Vega and Vega-Lite into the one module that imports them, with their licences beside it. */
async function bundleVega(): Promise<void> {
  const outfile = join(target, "report/figures/vega.js");
  const { metafile } = await build({
    entryPoints: [join(source, "report/figures/vega.ts")],
    outfile,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    legalComments: "none",
    metafile: true,
    absWorkingDir: root,
  });
  const names = Object.keys(metafile.inputs).flatMap(
    (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [],
  );
  const licences = [...new Set(names)].sort().map(licenceOf);
  writeFileSync(join(target, "report/figures/vega.LICENSES.txt"), licences.join("\n\n"));
}

/** @throws {Error} if a bundled package has no file with its licence */
function licenceOf(name: string): string {
  const folder = join(root, "node_modules", name);
  const [file] = globSync(join(folder, "{LICENSE,LICENCE,License}*"));
  if (file !== undefined) return `${name}\n\n${readFileSync(file, "utf8")}`;
  throw new Error(`build: ${name} must have a LICENSE file, got none in ${folder}`);
}
