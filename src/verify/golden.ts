/**
 * Golden fixtures: a model, tokens and the logits that follow each of them, recorded once and kept
 * with the hash of every file. They are read here and written only by the record command.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Decoder } from "../decoder.ts";
import { readSafetensors } from "../formats/safetensors.ts";
import { sha256 } from "../io/files.ts";
import { configFromJson } from "../model/config.ts";
import type { Model } from "../model/model.ts";
import { buildWeights } from "../model/weights.ts";
import { type Difference, firstDifference, largestError } from "../tolerance/compare.ts";

/** What `manifest.json` says. */
export interface Manifest {
  /** Who gave the logits, with the versions that matter. */
  readonly by: string;
  readonly versions: Readonly<Record<string, string>>;
  /** What records the fixture again. */
  readonly command: string;
  /** How far a float64 decoder may be from the recorded logits, absolutely. */
  readonly tolerance: number;
  /** How far the logits were from the definition's, where somebody else gave them. */
  readonly largestDifference?: number;
  /** SHA-256 of every other file of the folder, in hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

export interface Fixture {
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
 * @throws {Error} naming the file, when one is missing or its hash is another
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

/** Holds fixtures of another kind: gradients in place of logits. */
const GRADIENTS = "gradients";

/** Every fixture of a folder, by name. */
export async function readFixtures(folder: string): Promise<Fixture[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory() && entry.name !== GRADIENTS)
    .map(({ name }) => name);
  return Promise.all(names.sort().map((name) => readFixture(join(folder, name))));
}

/**
 * How a decoder stands to a fixture: the largest error, and the first logit outside the tolerance.
 */
export interface GoldenVerdict {
  readonly fixture: string;
  readonly rows: number;
  readonly largestError: number;
  readonly tolerance: number;
  readonly difference: (Difference & { readonly tokens: readonly number[] }) | null;
}

/** Runs a decoder of the fixture's model over its tokens, and compares every logit. */
export async function checkGolden(fixture: Fixture, decoder: Decoder): Promise<GoldenVerdict> {
  const tolerance = { absolute: fixture.manifest.tolerance, relative: 0 };
  let largest = 0;
  let difference: GoldenVerdict["difference"] = null;
  for (const { tokens, logits } of fixture.cases) {
    await using sequence = await decoder.start();
    const actual = await sequence.appendAll(tokens);
    largest = Math.max(largest, largestError(actual, logits));
    if (difference !== null) continue;
    const first: Difference | null = firstDifference(actual, logits, tolerance);
    if (first !== null) difference = { ...first, tokens };
  }
  return {
    fixture: fixture.name,
    rows: fixture.cases.reduce((sum, { tokens }) => sum + tokens.length, 0),
    largestError: largest,
    tolerance: fixture.manifest.tolerance,
    difference,
  };
}

async function readJson<T>(path: string): Promise<T> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path}: must be JSON, got ${(error as Error).message}`, { cause: error });
  }
}
