import { expect } from "vitest";
import { checkConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";

/** Largest memory in bytes that reading a small file may use. */
const MEMORY_LIMIT = 64 * 2 ** 20;

/**
 * Reads a possibly damaged file: the result must be a complete model, or an error that begins with
 * the path of the file or folder and has the required condition, without allocating the sizes of a
 * damaged header.
 */
export async function expectModelOrRefusal(
  path: string,
  read: () => Promise<Model>,
): Promise<void> {
  const before = memory();
  try {
    const { config, weights } = await read();
    checkConfig(config);
    for (const { name, data } of weights.tensors) {
      expect(data.every(Number.isFinite), name).toBe(true);
    }
  } catch (error) {
    expectClear(error, path);
  }
  expect(memory() - before).toBeLessThan(MEMORY_LIMIT);
}

/** Memory of this thread, including garbage, so that a temporary allocation is detected. */
export function memory(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** Fails unless `error` has the path of the file and the required condition. */
export function expectClear(error: unknown, path: string): void {
  expect(error).toBeInstanceOf(Error);
  const { message } = error as Error;
  expect(message.slice(0, path.length), String((error as Error).stack)).toBe(path);
  expect(message).toMatch(/ must /);
}
