import { NotOffered } from "../decoder.ts";
import type { ModelConfig } from "../model/config.ts";
import type { LogitsSubject } from "./subject.ts";

/** @throws {NotOffered} naming the first field that the subject cannot choose */
export function checkOnly(
  { name, only = {} }: Pick<LogitsSubject, "name" | "only">,
  config: ModelConfig,
): void {
  const fields = new Map<string, unknown>(Object.entries(config));
  for (const [field, must] of Object.entries(only)) {
    const got = fields.get(field);
    if (JSON.stringify(got) === JSON.stringify(must)) continue;
    const text = `${JSON.stringify(must)}, got ${JSON.stringify(got)}`;
    throw new NotOffered(`${name}: ${field} must be ${text}`);
  }
}
