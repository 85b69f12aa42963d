import { NotOffered } from "../decoder.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LogitsSubject } from "./subject.ts";

type OnlySubject = Pick<LogitsSubject, "name" | "only">;

/** @throws {NotOffered} naming the first field that the subject cannot choose */
export function checkOnly(subject: OnlySubject, config: ModelConfig): void {
  const difference = onlyDifference(subject, config);
  if (difference !== null) throw new NotOffered(difference);
}

/** Returns a sentence that names the first field that the subject cannot choose; null if none. */
export function onlyDifference(
  { name, only = {} }: OnlySubject,
  config: ModelConfig,
): string | null {
  const fields = new Map<string, unknown>(Object.entries(config));
  for (const [field, must] of Object.entries(only)) {
    const got = fields.get(field);
    if (JSON.stringify(got) === JSON.stringify(must)) continue;
    return `${name}: ${field} must be ${JSON.stringify(must)}, got ${JSON.stringify(got)}`;
  }
  return null;
}
