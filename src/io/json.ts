import { BinaryFile } from "./binary-file.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses a JSON object in UTF-8.
 *
 * @param who name of the file or its part in the error
 * @throws {RangeError} if the bytes are something else
 */
export function parseJsonObject(bytes: DataView, who: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new RangeError(`${who} must be JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isObject(value)) {
    throw new RangeError(`${who} must be a JSON object, got ${JSON.stringify(value).slice(0, 40)}`);
  }
  return value;
}

/** Reads the JSON object in a file; see {@link parseJsonObject}. */
export async function readJsonObject(path: string): Promise<JsonObject> {
  await using file = await BinaryFile.open(path);
  return parseJsonObject(await file.read(0, file.size, "the file"), `${path}:`);
}
