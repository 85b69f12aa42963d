import { expect } from "vitest";
import { checkConfig } from "../src/model/config.ts";
import type { Model } from "../src/model/model.ts";

/** More than any small file may make a reader take, in bytes. */
const MEMORY_LIMIT = 64 * 2 ** 20;

/**
 * Reads what may be damaged: it must give a model that is whole, or an error that begins with the
 * file's path (or its folder's) and says what must hold, and must not take memory by what a header
 * claims.
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

/** What this thread holds; garbage counts until it is collected, so even a passing claim shows. */
export function memory(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** Fails unless `error` is one of ours: it names the file and says what must hold. */
export function expectClear(error: unknown, path: string): void {
  expect(error).toBeInstanceOf(Error);
  const { message } = error as Error;
  expect(message.slice(0, path.length), String((error as Error).stack)).toBe(path);
  expect(message).toMatch(/ must /);
}
