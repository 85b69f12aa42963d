/**
 * The package that contains llama.cpp. It is not a dependency of this project, because it is large:
 * the command that needs it installs it once, into the user's cache folder.
 */
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const NAME = "node-llama-cpp";

/** The installed release, which determines the version of llama.cpp. */
const VERSION = "3.22.1";

/** Its size on disk, with the binary of one platform. */
const SIZE = "85 MB";

/** The CPU binary for each platform and architecture. */
const binaries: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-arm": "linux-armv7l",
  "linux-riscv64": "linux-riscv64",
  "darwin-x64": "mac-x64",
  "darwin-arm64": "mac-arm64-metal",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
};

/** Returns the folder of this release, for all projects of this user. */
export function llamaCppFolder(): string {
  const caches = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(caches, "causalgate", `${NAME}-${VERSION}`);
}

/** Returns true if {@link llamaCppPackage} will find it. */
export async function isLlamaCppInstalled(folder = llamaCppFolder()): Promise<boolean> {
  return access(mainFile(folder)).then(
    () => true,
    () => false,
  );
}

/**
 * Installs the package, if it is missing, with the CPU binary of this platform, and reports it on
 * the standard error. Runs no install script, builds nothing and downloads nothing else.
 *
 * @throws {Error} if there is no binary for this platform, or npm cannot install it
 */
export async function installLlamaCpp(folder = llamaCppFolder()): Promise<void> {
  if (await isLlamaCppInstalled(folder)) return;
  const platform = `${process.platform}-${process.arch}`;
  const binary = binaries[platform];
  if (binary === undefined) {
    const must = `the platform must be one of ${Object.keys(binaries).join(", ")}`;
    throw new RangeError(`llama.cpp: ${must}, got ${platform}`);
  }
  console.error(`llama.cpp: installing ${NAME} ${VERSION}, ${SIZE}, once, in ${folder}`);
  const partial = `${folder}.${process.pid}`;
  try {
    await npmInstall(partial, [`${NAME}@${VERSION}`, `@${NAME}/${binary}@${VERSION}`]);
    await rename(partial, folder);
  } catch (error) {
    if (await isLlamaCppInstalled(folder)) return; // by another process meanwhile
    const must = `${NAME} ${VERSION} must be installed in ${folder}`;
    throw new Error(`llama.cpp: ${must}, got ${(error as Error).message}`, { cause: error });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  const { $ } = await import("zx");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  // Without optional dependencies: they are the binaries of all platforms and graphics cards.
  const options = [
    "--save-exact",
    "--omit=optional",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ];
  const run = $({ cwd: folder, nothrow: true, stdio: ["ignore", process.stderr, "pipe"] });
  const { ok, exitCode, stderr } = await run`npm install ${options} --fetch-retries=1 ${packages}`;
  if (ok) return;
  const words = stderr.split("\n").filter((line) => line.startsWith("npm error"));
  throw new Error(`exit code ${exitCode} of npm install; ${words.slice(0, 3).join("; ")}`);
}

function mainFile(folder: string): string {
  return join(folder, "node_modules", NAME, "dist", "index.js");
}

/** The part of the package that is used here. */
export interface LlamaCppPackage {
  readonly getLlama: (options: Readonly<Record<string, unknown>>) => Promise<Llama>;
}

export interface Llama {
  /** The release of llama.cpp. */
  readonly llamaCppRelease: { readonly release: string };
  readonly loadModel: (options: Readonly<Record<string, unknown>>) => Promise<LlamaModel>;
}

export interface LlamaModel {
  readonly createContext: (options: Readonly<Record<string, unknown>>) => Promise<LlamaContext>;
  readonly dispose: () => Promise<void>;
}

export interface LlamaContext {
  readonly sequencesLeft: number;
  readonly getSequence: () => LlamaSequence;
}

/** A token, with a request for the logits after it. */
export type Input = [token: number, { readonly generateNext: { readonly logits: true } }];

export interface LlamaSequence {
  /** Returns the logits by token id, for every token with a request. */
  readonly controlledEvaluate: (
    input: readonly (number | Input)[],
  ) => Promise<({ readonly next: { readonly logits: ReadonlyMap<number, number> } } | undefined)[]>;
  readonly eraseContextTokenRanges: (
    ranges: readonly { readonly start: number; readonly end: number }[],
  ) => Promise<void>;
  readonly saveStateToFile: (path: string) => Promise<unknown>;
  readonly loadStateFromFile: (path: string, risk: { acceptRisk: true }) => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

/** @throws {Error} with the command that installs it, if the package is missing */
export async function llamaCppPackage(folder = llamaCppFolder()): Promise<LlamaCppPackage> {
  if (await isLlamaCppInstalled(folder)) return import(pathToFileURL(mainFile(folder)).href);
  const fix = "causalgate verify --subject llama.cpp installs it";
  throw new Error(`llama.cpp: ${NAME} must be in ${folder}, got nothing; ${fix}`);
}

/** The version of the package. */
export const llamaCppPackageVersion: Readonly<Record<string, string>> = { [NAME]: VERSION };
