import { join } from "node:path";
import { inject } from "vitest";
import { shell } from "./commands.ts";

/** The ways of resolving modules that newer projects use. */
export const resolutions = ["nodenext", "bundler"] as const;

/**
 * Returns the errors of the strictest checks, without those in declarations of other packages.
 *
 * @param files and options of the compiler besides
 */
export async function errorsIn(
  folder: string,
  [compiler, resolution]: readonly string[],
  files: string,
): Promise<string[]> {
  const module = resolution === "bundler" ? "esnext" : resolution;
  const options = [
    `--module ${module} --moduleResolution ${resolution} --target es2022 --noEmit --strict`,
    "--exactOptionalPropertyTypes --noUncheckedIndexedAccess --skipLibCheck false --pretty false",
  ].join(" ");
  const tsc = join(inject("tested"), "node_modules", compiler, "bin/tsc");
  const command = `node "${tsc}" ${options} ${files}`;
  const { stdout } = await shell(command, { folder, node: inject("nodes")[24] });
  const others = /^(\.\.\/)*(tested\/)?node_modules\/(?!causalgate\/)|^\s/;
  return stdout.split("\n").filter((line) => line !== "" && !others.test(line));
}
