/** The entries of package.json: the modules that they load, and their dependencies. */
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Prints the URL of every module that importing the first parameter loads. */
const listModules = `
import { registerHooks } from "node:module";
const urls = [];
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
await import(process.argv[1]);
console.log(JSON.stringify(urls));
`;

async function modulesOf(entry: string): Promise<string[]> {
  const { href } = pathToFileURL(join(root, "src", entry));
  const parameters = ["--input-type=module", "-e", listModules, href];
  const { stdout } = await promisify(execFile)(process.execPath, parameters);
  return JSON.parse(stdout);
}

const engines = /engines\/(onnxruntime|llama-cpp|transformers|http)/;
const heavy = /node_modules\/(vega|zx|@bufbuild|@huggingface|esbuild|onnxruntime|vitest|jest)/;

const packageIn = /node_modules\/((?:@[^/]+\/)?[^/]+)/;

/** Packages that the entries load, all small. */
const light = new Set([
  ...["fast-check", "pure-rand", "@petamoriken/float16", "cli-table3", "string-width"],
  ...["strip-ansi", "ansi-regex", "is-fullwidth-code-point", "emoji-regex"],
]);

test.for(["index.ts", "laws.ts", "cost.ts"])(
  "importing %s loads no engine and no heavy package",
  async (entry) => {
    const modules = await modulesOf(entry);
    expect(modules.filter((url) => engines.test(url) || heavy.test(url))).toEqual([]);
    // Files of this package, most of them of one law each.
    expect(modules.length).toBeLessThan(300);
    const packages = modules.flatMap((url) => packageIn.exec(url)?.[1] ?? []);
    expect(packages.filter((name) => !light.has(name))).toEqual([]);
  },
);

test("importing the engines loads none of their packages", async () => {
  const modules = await modulesOf("engines.ts");
  expect(modules.filter((url) => engines.test(url)).length).toBeGreaterThan(3);
  expect(modules.filter((url) => /node_modules\/(zx|onnxruntime|node-llama)/.test(url))).toEqual(
    [],
  );
});

test("every entry of the package has its source", () => {
  const entries = Object.entries<{ types: string; default: string }>(manifest.exports);
  const names = entries.flatMap(([entry, { types, default: file }]) => {
    if (entry === "./package.json") return [];
    const name = entry === "." ? "index" : entry.slice(2);
    expect({ types, file }).toEqual({ types: `./dist/${name}.d.ts`, file: `./dist/${name}.js` });
    return `${name}.ts`;
  });
  const inSource = globSync("*.ts", { cwd: join(root, "src") });
  expect(names.filter((name) => !inSource.includes(name))).toEqual([]);
});

/** Imports of packages that are still there at run time. */
function packagesOf(source: string): string[] {
  const pattern = /(?:^(?:import|export)\s(?!type\s)[^;]*?from\s|\bimport\()"([^".][^"]*)"/gms;
  return [...source.matchAll(pattern)]
    .map(([, name]) => /^(?:@[^/]+\/)?[^/]+/.exec(name)![0])
    .filter((name) => !name.startsWith("node:"));
}

/** Bundled by .ci/build.ts, so that an installation does not need them. */
const bundled = ["esbuild", "vega", "vega-lite"];

test("the dependencies are exactly the packages that src imports", () => {
  const files = globSync("src/**/*.ts", { cwd: root }).filter((file) => !file.includes("browser"));
  const imported = new Set(
    files.flatMap((file) => packagesOf(readFileSync(join(root, file), "utf8"))),
  );
  const needed = [...imported].filter((name) => !bundled.includes(name)).sort();
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
  expect(needed).toEqual(Object.keys(declared).sort());
});
