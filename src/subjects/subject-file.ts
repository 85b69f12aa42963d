/**
 * Subjects from files of the user. Such a file may lie in any folder: `causalgate` and its other
 * entries always mean the package that runs, whose classes and functions the laws compare with.
 */
import { existsSync, readFileSync } from "node:fs";
// Node before 22.15 has no registerHooks: a named import of it would fail to link there.
import * as nodeModule from "node:module";
import { extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { moduleExtension } from "../io/package-files.ts";
import { type Subject, subjectKinds } from "./subject.ts";

const extensions = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"];

/**
 * Returns the default export of a file of JavaScript or TypeScript.
 *
 * @throws {Error} naming the file, if it cannot be loaded or exports no subject
 */
export async function loadSubjectFile(file: string): Promise<Subject> {
  if (!extensions.includes(extname(file))) {
    throw new RangeError(`engine: the file must end in ${extensions.join(", ")}, got "${file}"`);
  }
  if (!existsSync(file)) throw new RangeError(`engine: the file must exist, got "${file}"`);
  registerHooksOnce();
  const { default: subject } = await importFile(file);
  if (!subjectKinds.includes(subject?.kind) || typeof subject.name !== "string") {
    const fix = "export default defineSubject({ ... }), or defineSampler({ ... })";
    throw new TypeError(`${file}: the default export must be a subject, got ${subject}; ${fix}`);
  }
  return subject;
}

async function importFile(file: string) {
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isTooOld = code === "ERR_UNKNOWN_FILE_EXTENSION";
    const fix = isTooOld ? "; Node.js 22.18 or newer runs TypeScript, every one JavaScript" : "";
    throw new Error(`${file}: must load without an error, got ${message}${fix}`, { cause: error });
  }
}

let isRegistered = false;

function registerHooksOnce(): void {
  if (isRegistered) return;
  isRegistered = true;
  nodeModule.registerHooks?.({
    resolve(specifier, context, next) {
      const entry = ownEntry(specifier);
      if (entry !== null) return { url: entry, shortCircuit: true };
      const found = next(specifier, context);
      const { format, url } = found;
      // In a project of CommonJS, as `npm init -y` makes it, Node refuses import and export.
      if (!format?.startsWith("commonjs") || !hasModuleSyntax(url)) return found;
      return { ...found, format: format.replace("commonjs", "module") };
    },
  });
}

/** URL of an entry of this package; null for every other module. */
function ownEntry(specifier: string): string | null {
  const [, name = "index"] = /^causalgate(?:\/([a-z-]+))?$/.exec(specifier) ?? [null, null];
  if (name === null) return null;
  const path = join(import.meta.dirname, "..", `${name}${moduleExtension}`);
  return existsSync(path) ? pathToFileURL(path).href : null;
}

/** Returns true if a file of the user has a line of module syntax; types alone vanish. */
function hasModuleSyntax(url: string): boolean {
  if (!/^file:.*\.[jt]s$/.test(url) || url.includes("/node_modules/")) return false;
  const source = readFileSync(fileURLToPath(url), "utf8");
  return /^(?:import|export)\b(?!\s*[(.]|\s+(?:type|interface|declare)\b)/m.test(source);
}
