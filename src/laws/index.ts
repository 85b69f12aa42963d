import * as all from "./all.ts";
import { lawId } from "./former-codes.ts";
import { chapters, type Law } from "./law.ts";

/**
 * The laws that run before all others: without determinism every other verdict is chance, and the
 * next two find most bugs of a cache at the smallest cost.
 */
const first = ["determinism", "history-invariance", "prefix-invariance"];

/** Every law of this package, in the order in which they run: by chapter, then by id. */
export const laws: readonly Law[] = Object.values(all).sort(
  (a, b) => rankOf(a) - rankOf(b) || chapterOf(a) - chapterOf(b) || a.id.localeCompare(b.id),
);

function rankOf({ id }: Law): number {
  return first.includes(id) ? first.indexOf(id) : first.length;
}

function chapterOf({ chapter }: Law): number {
  return chapter === undefined ? chapters.length : chapters.indexOf(chapter);
}

/**
 * Returns the law with this id, or with this former code.
 *
 * @throws {RangeError} naming all ids if there is none
 */
export function lawById(id: string): Law {
  const found = laws.find((law) => law.id === lawId(id));
  if (found !== undefined) return found;
  const ids = laws.map((law) => law.id).join(", ");
  throw new RangeError(`law: must be one of ${ids}, got ${id}`);
}
