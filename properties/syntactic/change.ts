/** The change of the sources that a process works with. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Patch, patched } from "./mutants.ts";

/** `none`: the sources as they are; `record`: every file records its reached mutants. */
export type Change =
  | { readonly kind: "none" }
  | { readonly kind: "patch"; readonly patch: Patch }
  | {
      readonly kind: "record";
      /** Length of the array of reached mutants. */
      readonly count: number;
      /** Names of the recording files in the folder `text`, by source file. */
      readonly names: Readonly<Record<string, string>>;
      readonly text: string;
      /** Folder for the mutants that processes reach. */
      readonly folder: string;
    };

/** Environment variable: the path of a file with the {@link Change}. */
export const changeVariable = "CAUSALGATE_CHANGE";

/** Environment variable: the number of the current test in its file. */
export const testVariable = "CAUSALGATE_TEST";

/** Returns the changed text of a file; null if the change does not concern it. */
export function changedText(change: Change, file: string, source: () => string): string | null {
  if (change.kind === "patch") {
    return change.patch.file === file ? patched(change.patch, source()) : null;
  }
  if (change.kind === "none" || !Object.hasOwn(change.names, file)) return null;
  return readFileSync(join(change.text, change.names[file]), "utf8");
}
