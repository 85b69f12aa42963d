/** The page, opened from a file in a browser. */
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { beforeAll, expect, test, vi } from "vitest";
import { costCommand } from "../src/cli/cost.ts";
import { grouped, si, significant } from "../src/io/numbers.ts";
import { laws } from "../src/laws/index.ts";
import { writeReport } from "../src/report/write-report.ts";
import { withChromium } from "./chromium.ts";
import { writeLaws, writeReports } from "./made-reports.ts";
import { scratchFolder } from "./scratch.ts";

const scratch = scratchFolder();
const full = join(scratch, "full");
const broken = join(scratch, "broken");

beforeAll(async () => {
  await writeReports(full, 12);
  await writeReport(full);
  await writeLaws(broken, {
    "prefix-invariance": { status: "broken", error: "it is off", replay: "prefix-invariance/42/1" },
    "context-sensitivity": { status: "unproven", reason: "its canary was not detected" },
  });
  await writeReport(broken);
});

/** Returns the JSON of `causalgate cost`, run in this process. */
async function cost(...parameters: string[]): Promise<Record<string, number>[]> {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await costCommand().parseAsync([...parameters, "--format", "json"], { from: "user" });
  const printed = String(log.mock.lastCall?.[0]);
  log.mockRestore();
  return JSON.parse(printed);
}

withChromium((browser) => {
  // The same page for all tests, as opening it takes most of the time.
  let page: Page;
  const errors: string[] = [];
  const requests: string[] = [];
  const urlOf = (folder: string) => pathToFileURL(resolve(folder, "index.html")).href;

  beforeAll(async () => {
    page = await browser().newPage({ viewport: { width: 1280, height: 800 } });
    page.on("console", (message) => errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(urlOf(full));
  });

  /** The serious findings of axe. */
  async function violations(options: object): Promise<unknown[]> {
    const found = await page.evaluate<{ impact: string; id: string; nodes: { html: string }[] }[]>(
      `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
    );
    return found
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => [id, nodes[0].html.slice(0, 200)]);
  }
  const addAxe = () =>
    page.addScriptTag({ path: createRequire(import.meta.url).resolve("axe-core") });

  test("opens without other files and messages, with every figure drawn", async () => {
    expect(requests).toEqual([urlOf(full)]);
    const figures = await readdir(join(full, "figures"));
    expect(figures.length).toBeGreaterThan(8);
    const heights = await page
      .locator("#figures svg")
      .evaluateAll((all) => all.map((svg) => svg.getBoundingClientRect().height));
    expect(heights).toHaveLength(figures.length);
    expect(Math.min(...heights)).toBeGreaterThan(80);
    expect(await page.title()).toBe(
      `causalgate: The reference decoder keeps all ${laws.length} laws`,
    );
  });

  test("links lead to tables and places that exist", async () => {
    const links = await page
      .locator("a[href]")
      .evaluateAll((all) => all.map((link) => String(link.getAttribute("href"))));
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => `#${id}`));
    const known = new Set([...ids, ...(await readdir(full))]);
    const here = links.filter((link) => !link.startsWith("https:"));
    expect(here.length).toBeGreaterThan(20);
    expect(here.filter((link) => !known.has(link))).toEqual([]);
    expect(ids.filter((id, i) => ids.indexOf(id) < i)).toEqual([]);
  });

  test("laws are searched by every word and sorted by any column", async () => {
    const rows = page.locator("#law-table tbody tr:visible");
    const search = page.locator("#law-table-search");
    expect(await rows.count()).toBe(laws.length);
    await search.fill("Draw seed");
    const found = await rows.allTextContents();
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((text) => !/draw/i.test(text) || !/seed/i.test(text))).toEqual([]);
    expect(await page.locator("label output").first().textContent()).toBe(
      `${found.length} of ${laws.length}`,
    );
    await search.fill("");

    // The table is sorted a moment after the key.
    const head = page.locator("#law-table thead button");
    const expectFirst = (code: string) =>
      expect.poll(() => rows.first().getAttribute("id")).toBe(code);
    await head.nth(3).press("Enter");
    await expectFirst(laws.at(-1)!.id); // reached by most
    await head.nth(3).press("Enter");
    await expectFirst(laws[0].id);
    await head.nth(4).press("Enter");
    await expectFirst("definition-equality"); // the only one with an error
    await head.nth(0).press("Enter");
    const ids = laws.map(({ id }) => id);
    await expectFirst(ids.toSorted((a, b) => a.localeCompare(b))[0]);
    expect(await page.locator("#law-table th[aria-sort]").count()).toBe(1);
  });

  test("the kill matrix names bug and law under the cursor and the pointer", async () => {
    const grid = page.locator("#kill-grid");
    const said = page.locator("#kill-text");
    const [header, first, second] = parse(await readFile(join(full, "kill-matrix.csv")));
    const verdict = (row: string[], at: number) =>
      row[at] === ""
        ? `${header[at]} does not detect it`
        : `${header[at]} kills it with case ${row[at]}`;
    await grid.focus();
    expect(await said.textContent()).toContain(first[0]);
    expect(await said.textContent()).toContain(verdict(first, 2));
    await grid.press("ArrowRight");
    await grid.press("ArrowDown");
    expect(await said.textContent()).toContain(second[0]);
    expect(await said.textContent()).toContain(verdict(second, 3));
    expect(await said.locator("a").getAttribute("href")).toMatch(/^https:\/\/github\.com\//);
    const { cell } = JSON.parse((await page.locator("#kill-data").textContent())!);
    const position = { x: 2.5 * cell.width, y: cell.top + 4.5 * cell.height };
    await grid.locator("svg").hover({ position });
    expect(await said.textContent()).toContain(header[2 + 4]);
  });

  test("axe finds nothing serious, in the light and in the dark", async () => {
    for (const details of await page.locator("details").all()) {
      await details.evaluate((element) => element.setAttribute("open", ""));
    }
    await addAxe();
    expect(await violations({ resultTypes: ["violations"] })).toEqual([]);
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    expect(await violations({ runOnly: ["color-contrast"] })).toEqual([]);
  });

  test("the page is as wide as a phone, and no link, cost, law or run is cut", async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    const cut = await page
      .locator("nav a, #explored :is(th, td, pre), #law-table th, #law-table td, #runs td")
      .evaluateAll((all) =>
        all
          .filter(
            (one) =>
              one.getBoundingClientRect().right > 360 || one.scrollWidth > one.clientWidth + 1,
          )
          .map((one) => one.outerHTML.slice(0, 80)),
      );
    expect(cut).toEqual([]);
    // The names of laws remain visible while the cells of the matrix scroll.
    const grid = page.locator("#kill-grid");
    await grid.evaluate((element) => element.parentElement!.scrollBy(200, 0));
    const names = await grid.locator("ol").boundingBox();
    expect(names!.x).toBeGreaterThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test("the explorer gives the numbers of causalgate cost, and keeps the choice in the link", async () => {
    const choice = {
      model: "mistral-7b",
      device: "l40s",
      dtype: "fp8",
      context: "4096",
      batch: "8",
    };
    for (const [name, value] of Object.entries({ ...choice, tp: "2" })) {
      const control = page.locator(`#explorer [name=${name}]`);
      await (/^\d+$/.test(value) ? control.fill(value) : control.selectOption(value));
    }
    const shared = ["--model", "mistral-7b", "--dtype", "fp8", "--context", "4096"];
    const device = ["--device", "l40s"];
    const [fit] = await cost("batch", ...shared, ...device, "--tp", "2");
    const memory = await cost("memory", ...shared, "--batch", "8");
    const roofline = await cost("roofline", ...shared, ...device, "--batch", "8");
    const answer = (await page.locator("#explored").textContent())!;
    const kv = memory.find(({ part }) => String(part) === "kv_cache")!.bytes;
    expect(answer).toContain(`${grouped(fit.max_batch)} sequences of 4,096 tokens on 2 devices`);
    expect(answer).toContain(`Cache of the batch${si(kv, "B")}`);
    const steps = roofline.filter(({ level }) => String(level) === "step");
    expect(steps).toHaveLength(2);
    for (const row of steps) {
      expect(answer).toContain(significant(row.ai));
      expect(answer).toContain(si(row.flops, "FLOP"));
    }

    await page.locator("#explorer [name=tp]").fill("3");
    expect(await page.locator("#explored").textContent()).toContain(
      "cannot split: numAttentionHeads 32 is not a multiple of 3 ranks",
    );
    await page.locator("#explorer [name=context]").fill("99999");
    expect(await page.locator("#explored [role=alert]").textContent()).toBe(
      "mistral-7b: a sequence must hold at most 32768 tokens, got 99999",
    );
    await page.locator("#explorer [name=tp]").fill("2");
    await page.locator("#explorer [name=context]").fill("4096");
    const link = new URLSearchParams({ ...choice, tp: "2" });
    expect(await page.evaluate("location.href")).toBe(`${urlOf(full)}#${link}`);
    await page.reload();
    expect(await page.locator("#explored").textContent()).toBe(answer);
  });

  test("a broken law is named in words and by a mark, not by colour alone", async () => {
    await page.goto(urlOf(broken));
    expect(await page.locator("h1.wrong").textContent()).toBe(
      `✗ The reference decoder breaks 1 of ${laws.length} laws; 1 more are unproven`,
    );
    expect(await page.locator(".strip .failing").count()).toBe(2);
    const failures = await page.locator(".failures li").allTextContents();
    expect(failures[0]).toContain("broken");
    expect(failures[0]).toContain(
      "npx causalgate verify --subject reference --replay prefix-invariance/42/1",
    );
    expect(failures[1]).toContain("unproven");
    expect(failures[1]).toContain("its canary was not detected");
    expect(await page.locator("#prefix-invariance td").first().textContent()).toBe("✗ broken");
  });

  test("no message was logged and nothing was requested", () => {
    expect(errors).toEqual([]);
    expect(requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
  });
});
