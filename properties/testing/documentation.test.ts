/** The code of `docs/test-runners.md` runs in each test runner. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fromSource, runJest, runNode, runVitest } from "./runners.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/test-runners.md"), "utf8");
const blocks = [...page.matchAll(/```[jt]s\n\/\/ (\S+)\n(.*?)```/gs)].map(([, file, code]) => ({
  file,
  code,
}));

// Inside the repository, so that the runners find their packages and `causalgate`.
const folder = join(root, "reports", `documentation-${process.pid}`);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
copyFileSync(join(root, "examples/002-own-engine.js"), join(folder, "engine.js"));
writeFileSync(join(folder, "engine.ts"), 'export { default } from "./engine.js";\n');
afterAll(() => rmSync(folder, { recursive: true }));

const config = join(import.meta.dirname, "vitest.config.ts");
const vitest = (path: string) => runVitest(["run", "--config", config, "--root", folder, path]);

const runs: Readonly<Record<string, (path: string) => ReturnType<typeof runNode>>> = {
  "causalgate/vitest": vitest,
  "causalgate/jest": (path) => runJest(["--roots", folder, "--runTestsByPath", path]),
  "causalgate/node-test": (path) => runNode(["--import", fromSource, "--test", path]),
};

test.for(blocks.map(({ file, code }, index) => ({ file, code, index })))(
  "block $index, $file",
  async ({ file, code, index }) => {
    const path = join(folder, `block-${index}-${file}`);
    writeFileSync(path, code);
    const entry = /causalgate\/[a-z-]+/.exec(code)![0];
    const { exitCode, output } = await runs[entry](path);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/(passed|pass \d+)/);
  },
);

test("each entry has a block", () => {
  expect(blocks).toHaveLength(4);
});
