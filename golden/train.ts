/**
 * Trains the project's own models anew: `npm run train`, some minutes. With `-- --check` it leaves
 * those that are there, and says whether training gives the same bytes again; exit code 1 if not.
 */
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { trainCommand } from "../src/cli/train.ts";

const folder = join(import.meta.dirname, "../src/model/trained");

/** Each model's task, whose own settings are the recipe. */
const tasks = { tiny: "sentences", sorter: "sort" };

const { check = false } = new Command("train")
  .description("train the models of this project")
  .option("--check", "compare with those that are there, and change nothing")
  .parse()
  .opts<{ check?: true }>();

for (const [name, task] of Object.entries(tasks)) {
  const place = join(folder, name);
  const fresh = `${place}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  const options = ["--task", task, "--dtype", "float16", "--out", fresh];
  await trainCommand().parseAsync(options, { from: "user" });
  if (check) {
    const same = await haveSameFiles(place, fresh);
    console.log(`${name}: ${same ? "the same bytes" : "OTHER BYTES"}`);
    if (!same) process.exitCode = 1;
    await rm(fresh, { recursive: true });
  } else {
    await rm(place, { recursive: true, force: true });
    await rename(fresh, place);
  }
}

async function haveSameFiles(first: string, second: string): Promise<boolean> {
  if (!existsSync(first)) return false;
  const [names, others] = await Promise.all([first, second].map((place) => readdir(place)));
  if (String(names.sort()) !== String(others.sort())) return false;
  for (const name of names) {
    const [one, other] = await Promise.all(
      [first, second].map((place) => readFile(join(place, name))),
    );
    if (!one.equals(other)) return false;
  }
  return true;
}
