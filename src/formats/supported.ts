import type { ModelConfig } from "../model/config.ts";
import type { Weights } from "../model/weights.ts";

/**
 * Returns the first field of a configuration that a format with the `fixed` fields does not
 * support, as `config.FIELD must be X, got Y`, or null.
 */
export function unsupportedField(config: ModelConfig, fixed: Partial<ModelConfig>): string | null {
  const words = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : value);
  for (const [field, only] of Object.entries(fixed)) {
    const value = config[field as keyof ModelConfig];
    if (value !== only) return `config.${field} must be ${only}, got ${words(value)}`;
  }
  return null;
}

/**
 * Refuses weights with adapters, which no format of whole models supports.
 *
 * @throws {RangeError} `who: …`
 */
export function checkNoAdapters(who: string, { lora }: Weights): void {
  if (lora === null) return;
  const got = `${lora.targets.join(", ")} of rank ${lora.rank}`;
  throw new RangeError(`${who}: the weights must have no adapters (merge them first), got ${got}`);
}
