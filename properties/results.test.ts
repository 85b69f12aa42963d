/** docs/results.md and the numbers of the README follow from the published tables. */
import { readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { publishedResults } from "../benchmarks/publish/results.ts";
import { engineSummaries } from "../src/report/summaries.ts";
import { readTables } from "../src/report/tables.ts";
import { runNode } from "./testing/runners.ts";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/results.md"), "utf8");
const readme = readFileSync(join(root, "README.md"), "utf8");
const { tables } = await readTables(join(root, "reports/published"));

describe("docs/results.md", () => {
  test("is the page of the published tables", async () => {
    expect(page, "write it again: npm run benchmarks -- results").toBe(await publishedResults());
  });

  test("has a program that counts the same bugs", async () => {
    const [, program] = /^```js\n([\s\S]*?)^```$/m.exec(page)!;
    const file = join(root, `count-bugs-${process.pid}.mjs`);
    await writeFile(file, program);
    const { output } = await runNode([file]).finally(() => rm(file));
    const counted = output.trim().split(" ");
    const [, , byLaw, byCheck] = /^\| all \| (\d+) \| (\d+) \| (\d+) \|/m.exec(page)!;
    expect(counted).toEqual([String(Number(byLaw) + Number(byCheck)), byLaw, byCheck]);
  });
});

describe("the README", () => {
  test("has the numbers of planted bugs", () => {
    const rows = tables.mutants!.rows;
    const real = rows.filter(({ link }) => link !== null).length;
    const count = (status: string) => rows.filter((row) => row.status === status).length;
    const unbroken = readme.replaceAll("\n", " ");
    expect(unbroken).toContain(`${rows.length} bugs, ${real} of them from public decoders`);
    expect(unbroken).toContain(
      `${count("killed")} are detected, and ${count("equivalent")} change`,
    );
  });

  /** Engines of each row of its table, by the names in engines.csv. */
  const engines: Readonly<Record<string, readonly string[]>> = {
    "ONNX Runtime": ["onnxruntime", "onnxruntime-float64"],
    "llama.cpp (node": ["llama.cpp"],
    transformers: ["transformers", "transformers-float64"],
    "llama.cpp's server": ["llama.cpp over HTTP", "openai over HTTP"],
  };

  test.each(Object.entries(engines))("has the results of %s", (title, names) => {
    const row = readme.split("\n").find((line) => line.startsWith(`| ${title}`));
    const summaries = engineSummaries(tables).filter(({ engine }) => names.includes(engine));
    expect(new Set(summaries.map(({ engine }) => engine)).size).toBe(names.length);
    for (const { kept, failing, version, rows } of summaries) {
      expect(row).toContain(` | ${kept}, ${failing} | `);
      const cases = rows.filter(({ status }) => status === "kept").map((one) => one.cases);
      expect(row).toContain(` ${Math.max(...cases).toLocaleString("en")} |`);
      const packages = version?.split(", ").filter((one) => !one.startsWith("llama.cpp")) ?? [];
      for (const one of packages) expect(row).toContain(/[\d.]+/.exec(one)![0]);
    }
  });
});
