/**
 * Loaded into every process that a test starts: the sources there are changed as in the test. The
 * environment variable names a file with the {@link Change}.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, threadId } from "node:worker_threads";
import { type Change, changedText, changeVariable, testVariable } from "./change.ts";
import { reachedName, root } from "./mutants.ts";

const change: Change = JSON.parse(readFileSync(process.env[changeVariable] ?? "", "utf8"));

registerHooks({
  load: (url, context, nextLoad) => {
    const result = nextLoad(url, context);
    if (!url.startsWith("file:")) return result;
    const file = relative(root, fileURLToPath(url));
    const text = changedText(change, file, () => String(result.source));
    return text === null ? result : { ...result, source: text };
  },
});

if (change.kind === "record") {
  const reached = new Uint8Array(change.count);
  Object.assign(globalThis, { [reachedName]: reached });
  const test = process.env[testVariable];
  process.on("exit", () => {
    const name = `${test ?? "outside"}-${process.pid}-${isMainThread ? 0 : threadId}.json`;
    const indices = [...reached.keys()].filter((index) => reached[index] > 0);
    if (indices.length > 0) writeFileSync(join(change.folder, name), JSON.stringify(indices));
  });
}
