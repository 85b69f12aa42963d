/** Packs the project once for all tests, and installs it with several versions of Node. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { run } from "./commands.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly tarball: string;
    /** The folder of the `node` of each major version. */
    readonly nodes: Readonly<Record<string, string>>;
    /** A CommonJS project of `npm init -y`, with only the package. */
    readonly plain: string;
    /** A project of ES modules with TypeScript, vitest and jest. */
    readonly tested: string;
  }
}

/** The first is too old; all others must work. */
const versions = ["20", "22", "24", "26"];

const tools = [
  "typescript@7",
  "typescript5@npm:typescript@5.9",
  "vitest",
  "jest",
  "@types/node@22",
];

export default async function setup({ config, provide }: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "causalgate-package-"));
  const pack = `npm pack --json --pack-destination "${folder}"`;
  const [packed] = JSON.parse(await run(pack, { folder: config.root }));
  const tarball = `"${join(folder, packed.filename)}"`;
  const project = async (name: string, manifest: object, packages: readonly string[]) => {
    const place = join(folder, name);
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, ...manifest }));
    const options = "--no-audit --no-fund --prefer-offline";
    await run(`npm install ${options} ${packages.join(" ")}`, { folder: place });
    return place;
  };
  const nodeOf = async (version: string) => {
    const allowed = { allowScripts: { node: true } };
    const place = await project(`node-${version}`, allowed, [`node@${version}`]);
    return [version, join(place, "node_modules/node/bin")] as const;
  };
  provide("tarball", tarball);
  provide("nodes", Object.fromEntries(await Promise.all(versions.map(nodeOf))));
  provide("plain", await project("plain", { type: "commonjs" }, [tarball]));
  provide("tested", await project("tested", { type: "module" }, [tarball, ...tools]));
  return () => rmSync(folder, { recursive: true, force: true });
}
