/**
 * Golden fixtures: a model, tokens and the logits that follow each of them, recorded once and kept
 * with the hash of every file. A fixture is a folder of four files; this file reads it, and
 * record.ts writes it.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { readSafetensors } from "../formats/safetensors.ts";
import { sha256 } from "../io/files.ts";
import { configFromJson } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";

/** The content of `manifest.json`. */
export interface Manifest {
  /** The engine that computed the logits. */
  readonly by: string;
  /** Versions of the software that computed them, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The command that records the fixture again. */
  readonly command: string;
  /** Largest absolute difference from the recorded logits that a correct decoder may have. */
  readonly tolerance: number;
  /** Largest difference from the definition's logits, if another engine computed them. */
  readonly largestDifference?: number;
  /** SHA-256 of every other file of the folder, in hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

export interface Fixture {
  /** The name of its folder. */
  readonly name: string;
  readonly manifest: Manifest;
  readonly model: Model;
  readonly cases: readonly GoldenCase[];
}

export interface GoldenCase {
  readonly tokens: readonly number[];
  /** The logits after each token, `[T][V]`. */
  readonly logits: readonly (readonly number[])[];
}

/** The files of a fixture besides its manifest. */
export const fixtureFiles = ["config.json", "weights.safetensors", "logits.json"] as const;

/**
 * Reads a fixture, refusing bytes that are not those of its manifest.
 *
 * @throws {Error} naming the file, if one is missing or its hash differs
 */
export async function readFixture(folder: string): Promise<Fixture> {
  const name = basename(folder);
  const path = (file: string) => join(folder, file);
  const manifest: Manifest = await readJson(path("manifest.json"));
  for (const file of fixtureFiles) {
    const got = sha256(await readFile(path(file)));
    const must = manifest.sha256?.[file];
    if (got === must) continue;
    const fix = "restore it, or record it anew with npm run golden";
    throw new Error(`${path(file)}: the sha256 must be ${must}, got ${got}; ${fix}`);
  }
  const config = configFromJson(await readJson(path("config.json")));
  const tensors = await readSafetensors(path("weights.safetensors"));
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor.data]));
  const weights = buildWeights(config, (tensor) => {
    const data = byName.get(tensor);
    if (data === undefined) {
      throw new Error(`${path("weights.safetensors")}: must hold ${tensor}, got none`);
    }
    return data;
  });
  const { cases } = await readJson<{ cases: GoldenCase[] }>(path("logits.json"));
  return { name, manifest, model: { name, config, weights }, cases };
}

/** A folder of fixtures of another kind: gradients in place of logits. */
const GRADIENTS = "gradients";

/** Returns every fixture of a folder, by name. */
export async function readFixtures(folder: string): Promise<Fixture[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && entry.name !== GRADIENTS)
    .map(({ name }) => name);
  return Promise.all(names.sort().map((name) => readFixture(join(folder, name))));
}

async function readJson<T>(path: string): Promise<T> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: must be JSON, got ${(error as Error).message}`, { cause: error });
  }
}
