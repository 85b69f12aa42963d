/** Planting a mutant into the modules that this process loads from now on. */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Mutant, planted } from "./mutant.ts";

const root = join(import.meta.dirname, "../..");

/** Returns the text of a file, given by its path from the project's root. */
export function sourceOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** A mutant in this process. */
export interface Planting {
  /** Returns true if its file has been loaded. */
  readonly loaded: () => boolean;
  /** The URL of its file. */
  readonly url: string;
  /** Start and end of the mutant's text in the file. */
  readonly range: readonly [start: number, end: number];
}

/**
 * Makes every later import of the mutant's file load it with the mutant in it. Types are stripped
 * afterwards, so the text of a mutant may be TypeScript.
 *
 * @throws {RangeError} unless the text that the mutant replaces occurs exactly once in its file
 */
export function plant(mutant: Mutant): Planting {
  const source = sourceOf(mutant.file);
  const mutated = planted(mutant, source);
  const url = pathToFileURL(join(root, mutant.file)).href;
  let loaded = false;
  registerHooks({
    load: (loadedUrl, context, nextLoad) => {
      const result = nextLoad(loadedUrl, context);
      if (loadedUrl !== url) return result;
      loaded = true;
      return { ...result, source: mutated };
    },
  });
  const start = source.indexOf(mutant.find);
  return { loaded: () => loaded, url, range: [start, start + mutant.replace.length] };
}
