/** docs/api: every exported name of the package is described there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiPages, readApi } from "../.ci/api.ts";

const folder = join(import.meta.dirname, "../docs/api");

test("the pages are those of the sources", () => {
  const pages = apiPages();
  expect(readdirSync(folder).sort()).toEqual([...pages.keys()].sort());
  for (const [file, page] of pages) {
    const written = readFileSync(join(folder, file), "utf8");
    expect(written, `${file}: write it again: npm run docs`).toBe(page);
  }
});

test("every name has a description; a law has the page of laws", () => {
  for (const [entry, names] of readApi()) {
    const bare = entry === "laws" ? [] : names.filter(({ text }) => text === "");
    expect(bare.map(({ name }) => `${entry}: ${name}`)).toEqual([]);
  }
});

test("every name that can be imported is there", async () => {
  for (const [entry, names] of readApi()) {
    if (["vitest", "jest", "node-test"].includes(entry)) continue; // they need their runner
    const values = Object.keys(await import(`../src/${entry}.ts`));
    const known = names.map(({ name }) => name);
    expect(values.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(known).size).toBe(known.length);
  }
});
