/** The tarball: its size once installed, and what the checkers of packages report of it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, inject, test } from "vitest";
import { run } from "./commands.ts";

const clone = { folder: join(import.meta.dirname, "../..") };
const modules = join(inject("plain"), "node_modules");

/** Bytes on a disk with blocks of 4 KiB, as `du` counts them. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true });
  const blocks = entries.map((name) => Math.ceil(statSync(join(folder, name)).size / 4096));
  return 4096 * blocks.reduce((sum, count) => sum + count, 0);
}

test("an installation adds less than 40 MB", async () => {
  expect(await sizeOf(modules)).toBeLessThan(40e6);
});

test("no installed package has an install script", () => {
  const lock = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8"));
  const packages = Object.entries<{ hasInstallScript?: boolean }>(lock.packages);
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
});

test("the golden fixtures are in it, and no source", async () => {
  const names = await readdir(join(modules, "causalgate"), { recursive: true });
  expect(names).toContain(join("golden", "demo", "logits.json"));
  const sources = names.filter((name) => /(?<!\.d)\.ts$/.test(name));
  expect(sources.filter((name) => !name.startsWith("examples"))).toEqual([]);
});

test("links of its pages by path lead to what is in it", async () => {
  const folder = join(modules, "causalgate");
  const pages = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".md"));
  expect(pages).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "ARCHITECTURE.md"]));
  const dead = pages.flatMap((page) => {
    const links = readFileSync(join(folder, page), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g);
    return [...links].flatMap(([, link]) =>
      existsSync(join(folder, dirname(page), link)) ? [] : [`${page}: ${link}`],
    );
  });
  expect(dead).toEqual([]);
});

test("publint and attw report nothing", async () => {
  expect(await run(`npx publint --strict ${inject("tarball")}`, clone)).toContain("All good!");
  await run(`npx attw --profile esm-only ${inject("tarball")}`, clone);
});
