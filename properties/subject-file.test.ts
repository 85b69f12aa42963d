/** `--engine FILE`, for files in a folder outside this project. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { causalgate } from "./command.ts";

const folder = await mkdtemp(join(tmpdir(), "causalgate-engine-"));
afterAll(() => rm(folder, { recursive: true }));

const subject = `defineSubject({
  name: "mine",
  arithmetic: "float64",
  build: ({ config, weights }) => ({
    start() {
      let held = [];
      return {
        get length() { return held.length; },
        append(tokens) {
          checkAppend(config, held.length, tokens);
          held = [...held, ...tokens];
          return lastRow(forward(config, weights, held));
        },
      };
    },
  }),
})`;

/** Files by their names: engines, and the one function that they import. */
const files = {
  "package.json": JSON.stringify({ type: "commonjs" }),
  "kernels.ts": "export const lastRow = (rows: number[][]) => Float64Array.from(rows.at(-1)!);",
  "kernels.cjs": "exports.lastRow = (rows) => Float64Array.from(rows.at(-1));",
  "engine.ts": `import { checkAppend, defineSubject, forward } from "causalgate";
import { lastRow } from "./kernels.ts";
export default ${subject.replace("held = []", "held: number[] = []")};`,
  "engine.js": `import { checkAppend, defineSubject, forward } from "causalgate";
import { lastRow } from "./kernels.cjs";
export default ${subject};`,
  "engine.mjs": `import { checkAppend, defineSubject, forward } from "causalgate";
import { lastRow } from "./kernels.ts";
export default ${subject};`,
  "engine.cjs": `const { checkAppend, defineSubject, forward } = require("causalgate");
const { lastRow } = require("./kernels.cjs");
module.exports = ${subject};`,
  "typed.js": `/* not a module:
import type of comments */
exports.default = require("./kernels.cjs").lastRow.name;`,
  "enum.ts": "enum Kind { A }\nexport default Kind.A;",
};
for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);

const verify = (file: string) =>
  causalgate([
    ...["verify", "--engine", file, "--law", "history-invariance", "--runs", "3"],
    ...["--report", join(folder, "reports")],
  ]);

describe("an engine in a project of CommonJS", () => {
  test.for(["engine.ts", "engine.js", "engine.mjs", "engine.cjs"])("%s is tested", async (name) => {
    const { stdout, stderr } = await verify(join(folder, name));
    expect(stdout, stderr).toContain("kept");
  });
});

test.for([
  ["none.ts", "engine: the file must exist, got"],
  ["package.json", "engine: the file must end in .js, .mjs, .cjs, .ts, .mts, .cts, got"],
  ["enum.ts", "enum.ts: must load without an error, got TypeScript enum is not supported"],
  ["typed.js", "typed.js: the default export must be a subject, got "],
])("%s: %s", async ([name, message]) => {
  const { code, stderr } = await verify(join(folder, name));
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
