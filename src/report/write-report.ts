import { join } from "node:path";
import { writeTogether } from "../io/files.ts";
import { figures, standaloneSvg } from "./figures.ts";
import { figuresMarkdown } from "./markdown.ts";
import { pageText } from "./page/page.ts";
import { readTables } from "./tables.ts";

/**
 * Writes the page of a folder of reports, `index.html`, every figure as `figures/ID.svg`, and a
 * `README.md` that shows them. Everything is made before the first file is written, so an error
 * leaves the previous page.
 *
 * @returns the paths, the page first
 * @throws {RangeError} on a damaged table, naming file, row and column
 */
export async function writeReport(folder: string): Promise<string[]> {
  const reports = await readTables(folder);
  const drawn = await figures(reports.tables);
  const page = await pageText(reports, drawn);
  const files: [path: string, content: string][] = [
    [join(folder, "index.html"), page],
    [join(folder, "README.md"), figuresMarkdown(reports, drawn)],
  ];
  for (const { id, svg } of drawn) {
    if (svg !== null) files.push([join(folder, "figures", `${id}.svg`), standaloneSvg(svg)]);
  }
  await writeTogether(files);
  return files.map(([path]) => path);
}
