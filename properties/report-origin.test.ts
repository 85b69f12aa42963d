/** Every sentence of the report is about the subject of laws.csv, or names another one. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { peersTable } from "../src/bench/peers-table.ts";
import { readTable, writeTable } from "../src/io/csv.ts";
import { significant } from "../src/io/numbers.ts";
import { draftFigures } from "../src/report/figures.ts";
import { headline, mutantsFinding } from "../src/report/findings.ts";
import { schemas } from "../src/report/schemas.ts";
import { readTables, type Tables } from "../src/report/tables.ts";
import { writeReport } from "../src/report/write-report.ts";
import { causalgate } from "./command.ts";
import { writeReports } from "./made-reports.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();

/** Returns the sentences of a part of the page, without markup. */
function sentences(page: string, part: RegExp): string[] {
  const [, text] = part.exec(page)!;
  return [...text.matchAll(/<(li|h1|h2|p)\b[^>]*>([\s\S]*?)<\/\1>/g)].map(([, , inner]) =>
    inner
      .replace(/<[^>]+>/g, " ")
      .replace(/\s+/g, " ")
      .trim(),
  );
}

describe("a folder of the gate in which an engine was verified", () => {
  const folder = join(scratch, "both");
  let name: string;
  let tables: Tables;
  let page: string;
  let readme: string;

  beforeAll(async () => {
    await writeReports(folder, 12);
    const engine = ["--engine", "examples/001-own-engine.ts", "--runs", "3"];
    await causalgate(["verify", ...engine, "--law", "cache-equality", "--report", folder]);
    await writeReport(folder);
    ({ tables } = await readTables(folder));
    name = tables.laws!.rows[0].subject;
    page = await readFile(join(folder, "index.html"), "utf8");
    readme = await readFile(join(folder, "README.md"), "utf8");
  });

  test("the verdict names the engine", () => {
    expect(name).not.toBe("reference");
    expect(headline(tables)).toMatch(new RegExp(`^${name} `));
    expect(page).toContain(`<title>causalgate: ${headline(tables)}</title>`);
    expect(readme.split("\n")[0]).toBe(`# ${headline(tables)}`);
  });

  test("recordings, ratios and costs of the reference are not those of the engine", () => {
    const verdict = sentences(page, /<section id="verdict">([\s\S]*?)<\/section>/);
    const numbers = verdict.filter((text) => /as long|FLOP|pairs|medians/.test(text));
    expect(numbers.length).toBeGreaterThan(3);
    expect(verdict.filter((text) => /recordings|recorded logits/.test(text))).toEqual([]);
    const labelled =
      /reference decoder, not own engine|not for own engine|^(the ratio|medians|of )/;
    const bare = numbers.filter((text) => /tokens of \w+ after/.test(text));
    expect(bare.length).toBe(2);
    expect(bare.filter((text) => !labelled.test(text) || !text.includes(name))).toEqual([]);
    expect(verdict).toContain("How fast is the reference decoder?");
    const rows = readme.split("\n").filter((line) => line.startsWith("| "));
    const speed = rows.find((row) => row.includes("as long"));
    expect(speed).toContain(`reference decoder, not ${name}`);
    expect(rows.join()).not.toContain("recordings of logits");
    for (const text of [page, readme]) {
      expect(text).toContain(`are of the reference decoder, not ${name}`);
    }
  });

  test("the engine is not one of the other engines", () => {
    expect(tables.engines!.rows.map(({ engine }) => engine)).toContain(name);
    const others = new Set(tables.engines!.rows.map(({ engine }) => engine)).size - 1;
    expect(page).toContain(` of ${others} other engines`);
    expect(page).not.toContain(` of ${others + 1} other engines`);
    const row = readme.split("\n").find((line) => line.startsWith("| Do other engines"));
    expect(row).not.toContain(name);
  });

  test.each(["cache", "cost", "causality"])("explain %s names both subjects", async (topic) => {
    const { stdout } = await causalgate(["explain", topic, "--report", folder]);
    expect(stdout).toContain(", of the reference decoder:");
    expect(stdout.includes(`Laws, of ${name}:`)).toBe(topic !== "cost");
    for (const line of stdout.split("\n").filter((one) => /as long|cost \d|time grows/.test(one))) {
      expect(line).toMatch(new RegExp(`not (for )?${name}`));
    }
  });
});

test("a number of another run of the reference has the time of its run", async () => {
  const folder = join(scratch, "reference");
  await writeReports(folder, 2);
  await writeReport(folder);
  const readme = await readFile(join(folder, "README.md"), "utf8");
  expect(readme).toContain("How fast is the reference decoder? | run of run: ");
  const { tables } = await readTables(folder);
  const rows = tables.ratios!.rows.map((row) => ({ ...row, run_id: tables.laws!.rows[0].run_id }));
  await writeTable(folder, schemas.ratios, rows);
  await writeReport(folder);
  expect(await readFile(join(folder, "README.md"), "utf8")).not.toContain("run of ");
});

describe("a comparison whose interval contains 1", () => {
  const folder = join(scratch, "equal");

  beforeAll(async () => {
    await writeReports(folder, 2);
    const ratios = await readTable(join(folder, "ratios.csv"), schemas.ratios);
    const open = { ratio_ci_lo: 0.9, ratio_ci_hi: 400 };
    await writeTable(
      folder,
      schemas.ratios,
      ratios.map((row) => ({ ...row, ...open })),
    );
    const peers = await readTable("reports/published/peers.csv", peersTable);
    await writeTable(
      folder,
      peersTable,
      peers.map((row) =>
        row.verdict === null ? row : { ...row, ratio_ci_lo: 0.1, ratio_ci_hi: 9 },
      ),
    );
    await writeReport(folder);
  });

  test("is called faster or slower nowhere", async () => {
    const { stdout } = await causalgate(["explain", "cache", "--report", folder]);
    const page = await readFile(join(folder, "index.html"), "utf8");
    const readme = await readFile(join(folder, "README.md"), "utf8");
    for (const text of [page, readme, stdout]) {
      expect(text).toMatch(/no proven difference/);
      expect(text).not.toMatch(/times as long|as long without/);
    }
    const { tables } = await readTables(folder);
    const titles = draftFigures(tables).map(({ title }) => title);
    expect(titles).toContain("No engine is proven faster than the reference in decode of demo");
    expect(titles.join()).not.toContain("times as long");
  });
});

test("a factor beside a median is the quotient of the medians", async () => {
  const { tables } = await readTables("reports/published");
  const { panels } = draftFigures(tables).find(({ id }) => id === "peers")!;
  let factors = 0;
  for (const { spec } of panels) {
    const { values } = (spec as { data: { values: { median_ms: number; label: string }[] } }).data;
    for (const { median_ms, label } of values) {
      const factor = /, ([\d.,]+) ×$/.exec(label)?.[1].replaceAll(",", "");
      if (factor === undefined) continue;
      factors++;
      expect(factor).toBe(significant(median_ms / values[0].median_ms).replaceAll(",", ""));
    }
  }
  expect(factors).toBeGreaterThan(3);
});

test("bugs are counted as real and own, and as detected by a law or by a check", async () => {
  const { tables } = await readTables("reports/published");
  const { rows } = tables.mutants!;
  const real = rows.filter(({ link }) => link !== null).length;
  const text = mutantsFinding(rows);
  expect(text).toContain(`${rows.length} bugs planted in the code of causalgate`);
  expect(text).toContain(`(${real} real, ${rows.length - real} our own)`);
  const isCheck = (id: string) => !tables.laws!.rows.some(({ law }) => law === id);
  const killed = rows.filter(({ status }) => status === "killed");
  const checks = killed.filter(({ killed_by }) => killed_by!.split(" ").every(isCheck)).length;
  expect(text).toContain(
    `a law detects ${killed.length - checks}, only a check of another part ${checks}`,
  );
});

test("the caption of a forward pass explains every symbol of its table, and no other", async () => {
  const { tables } = await readTables("reports/published");
  const [caption] = draftFigures(tables).find(({ id }) => id === "forward")!.caption;
  const used = tables.forward!.rows.flatMap(({ symbols }) => symbols.match(/[A-Za-z]+/g) ?? []);
  const explained = [...caption.matchAll(/\b([A-Za-z])\b(?= is| their| the)/g)].map(
    ([, one]) => one,
  );
  expect(explained.toSorted()).toEqual([...new Set(used)].toSorted());
});
