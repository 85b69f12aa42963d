/** Training of the two models that this repository contains. */
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { trainCommand } from "../src/cli/train.ts";

const folder = join(import.meta.dirname, "../src/model/trained");

/** The task of each model, whose settings are the recipe. */
const tasks = { tiny: "sentences", sorter: "sort" };

/** `npm run golden -- models`: trains both models again, in some minutes. */
export function modelsCommand(): Command {
  return new Command("models")
    .description("train the models of this repository again")
    .option(
      "--check",
      "compare with those that are there and change nothing; exit code 1 if they differ",
    )
    .action(async ({ check = false }: { check?: boolean }) => {
      for (const [name, task] of Object.entries(tasks)) {
        if (!(await train(name, task, check))) process.exitCode = 1;
      }
    });
}

/** Trains one model; returns false if it was compared and its bytes differ. */
async function train(name: string, task: string, check: boolean): Promise<boolean> {
  const place = join(folder, name);
  const fresh = `${place}.tmp`;
  await rm(fresh, { recursive: true, force: true });
  const options = ["--task", task, "--dtype", "float16", "--out", fresh];
  await trainCommand().parseAsync(options, { from: "user" });
  if (check) {
    const same = await haveSameFiles(place, fresh);
    console.log(`${name}: ${same ? "the same bytes" : "OTHER BYTES"}`);
    await rm(fresh, { recursive: true });
    return same;
  }
  await rm(place, { recursive: true, force: true });
  await rename(fresh, place);
  return true;
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
