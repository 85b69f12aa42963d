import { join } from "node:path";
import { inject } from "vitest";
import { shell } from "./commands.ts";

/** The ways of resolving modules that newer projects use. */
export const resolutions = ["nodenext", "bundler"] as const;

/** Returns the errors of {@link allErrorsIn} without those in declarations of other packages. */
export async function errorsIn(...ask: Parameters<typeof allErrorsIn>): Promise<string[]> {
  const others = /^(\.\.\/)*(tested\/)?node_modules\/(?!causalgate\/)|^\s/;
  return (await allErrorsIn(...ask)).filter((line) => !others.test(line));
}

/**
 * Returns the errors of the strictest checks, those in declarations of other packages included.
 *
 * @param files and options of the compiler besides
 */
export async function allErrorsIn(
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
  return stdout.split("\n").filter((line) => line !== "");
}
