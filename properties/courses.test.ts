/** READMEs of the courses: every shown output is printed, every file is in the reading order. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { causalgate } from "./command.ts";
import { scratchFolder } from "./scratch.ts";
import { shownCommands } from "./shown-output.ts";

const courses = join(import.meta.dirname, "../src/courses");
const scratch = scratchFolder();

describe.each(["decoding-demo", "two-layer-assignment"])("%s", async (course) => {
  const readme = await readFile(join(courses, course, "README.md"), "utf8");
  const shown = [...shownCommands(readme)];

  test("shows the output of at least two commands", () => {
    expect(shown.length).toBeGreaterThanOrEqual(2);
    for (const [, lines] of shown) expect(lines.length).toBeGreaterThan(2);
  });

  test.each(shown)("causalgate %s prints what is shown", async (command, lines) => {
    const report = /^(demo|assignment)\b/.test(command) ? ["--report", scratch] : [];
    const { code, stdout, stderr } = await causalgate([...command.split(" "), ...report]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const printed = new Set(stdout.split("\n"));
    expect(lines.filter((line) => !printed.has(line))).toEqual([]);
  });

  test("names every file of its folder, in one table", async () => {
    const files = (await readdir(join(courses, course))).filter((file) => file.endsWith(".ts"));
    const named = [...readme.matchAll(/^\| `([\w-]+\.ts)` \|/gm)].map(([, file]) => file);
    expect(named.toSorted()).toEqual(files.toSorted());
  });
});
