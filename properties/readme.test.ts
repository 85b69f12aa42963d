/** The code of the README is run unchanged. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lawById, laws } from "../src/laws/index.ts";
import { runLaw } from "../src/verify/run-law.ts";
import { describeVerdict } from "../src/verify/verdicts.ts";
import { seed } from "./support.ts";

const readme = await readFile("README.md", "utf8");

// Inside the project, so that it can import "causalgate".
const folder = join("reports", `readme-${process.pid}`);
beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true }));

/** The engine of the README, with or without a change to its text. */
async function engine(change: (source: string) => string = (source) => source) {
  const source = /```ts\n(\/\/ my-engine\.ts[\s\S]*?)```/.exec(readme)?.[1];
  expect(source).toBeDefined();
  const file = join(folder, `engine-${Math.abs(hash(change(source!)))}.ts`);
  await writeFile(file, change(source!));
  return (await import(pathToFileURL(file).href)).default;
}

const hash = (text: string) => [...text].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 7);

test("the engine of the README keeps every law that applies to it", async ({ task }) => {
  const subject = await engine();
  let cases = 0;
  for (const law of laws) {
    const verdict = await runLaw(law, subject, { seed, runs: 20 });
    expect(verdict, law.id).toMatchObject({ failure: null });
    cases += verdict.cases;
  }
  task.meta.cases = cases;
});

/** The engine, which keeps its first token when it should forget everything. */
const brokenEngine = () =>
  engine((source) =>
    source.replace("held = held.slice(0, length);", "held = held.slice(0, Math.max(1, length));"),
  );

test("the same engine with a stale key after a rewind is detected", async () => {
  const subject = await brokenEngine();
  const anything = lawById("history-invariance");
  expect((await runLaw(anything, subject, { seed, runs: 500 })).status).toBe("broken");
  const rewound = lawById("rewind-equality");
  expect((await runLaw(rewound, subject, { seed, runs: 100 })).status).toBe("kept");
});

test("it is reported as shown", async () => {
  const options = { seed: 42, runs: 1000, origin: "--engine my-engine.ts" };
  const verdict = await runLaw(lawById("history-invariance"), await brokenEngine(), options);
  const [, shown] = /```\n(history-invariance: broken[\s\S]*?)\n```/.exec(readme)!;
  const reported = describeVerdict(verdict).split("\n");
  for (const [i, line] of shown.split("\n").entries()) {
    const parts = line.split("...");
    expect(reported[i].startsWith(parts[0]), `${line} is now ${reported[i]}`).toBe(true);
  }
});
