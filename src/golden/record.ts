/** Writing of recorded fixtures into a folder; nothing is overwritten without `update`. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../io/files.ts";
import { differencesOf, type GoldenDifference } from "./differences.ts";
import { readFixture } from "./read.ts";
import { contentOf, type FixtureContent, type FixtureDraft, writeFixture } from "./write.ts";

/**
 * `new`: there was no such fixture. `unchanged`: every byte is the same. `rounding`: values differ
 * by no more than the recorded tolerance. `changed`: anything else differs.
 */
export type RecordStatus = "new" | "unchanged" | "rounding" | "changed";

/** The result of recording one fixture. */
export interface GoldenOutcome {
  readonly draft: FixtureDraft;
  readonly status: RecordStatus;
  /** The differences from the fixture that was there. */
  readonly differences: readonly GoldenDifference[];
}

interface Planned extends GoldenOutcome {
  readonly content: FixtureContent;
}

/**
 * Compares drafts with the fixtures of a folder, one folder each, without writing anything.
 *
 * @param update true if a damaged fixture will be replaced; else it is refused
 * @throws {Error} if a folder of that name is no fixture, or damaged
 */
export async function compareDrafts(
  drafts: readonly FixtureDraft[],
  folder: string,
  update: boolean,
): Promise<Planned[]> {
  const planned: Planned[] = [];
  for (const draft of drafts) planned.push(await planOf(draft, join(folder, draft.name), update));
  return planned;
}

/** Writes the fixtures that are new, and with `update` those that differ; none with a problem. */
export async function writeDrafts(
  planned: readonly Planned[],
  folder: string,
  update: boolean,
): Promise<void> {
  for (const { draft, status, content } of planned) {
    if (draft.problem !== null || status === "unchanged") continue;
    if (status !== "new" && !update) continue;
    await writeFixture(join(folder, draft.name), content, draft.manifest);
  }
}

async function planOf(draft: FixtureDraft, path: string, update: boolean): Promise<Planned> {
  const content = contentOf(draft);
  if (!existsSync(path)) return { draft, content, status: "new", differences: [] };
  if (!existsSync(join(path, "manifest.json"))) {
    const fix = "choose another --out, or move it away";
    throw new RangeError(`golden: ${path} must be a fixture or not exist, got no manifest; ${fix}`);
  }
  const differences = await differencesFrom(path, draft, update);
  if (differences.some(({ part }) => part === "kind")) {
    const fix = "choose another --out, or move it away";
    const got = `one of kind ${differences[0].old}`;
    throw new RangeError(
      `golden: ${path} must be a fixture of kind ${draft.kind}, got ${got}; ${fix}`,
    );
  }
  if (differences.length === 0 && (await hasContent(path, content))) {
    return { draft, content, status: "unchanged", differences };
  }
  const isRounding =
    differences.length > 0 && differences.every(({ isWithinTolerance }) => isWithinTolerance);
  return { draft, content, status: isRounding ? "rounding" : "changed", differences };
}

async function differencesFrom(
  path: string,
  draft: FixtureDraft,
  update: boolean,
): Promise<GoldenDifference[]> {
  try {
    return differencesOf(await readFixture(path), draft);
  } catch (error) {
    if (!update) throw error;
    const row = { fixture: draft.name, part: "files", case: null, position: null, token: null };
    const damage = { old: "damaged", new: "recorded again", largestError: null };
    return [{ ...row, ...damage, isWithinTolerance: false }];
  }
}

/** Returns true if every file has exactly this content. */
async function hasContent(path: string, content: FixtureContent): Promise<boolean> {
  for (const [file, bytes] of content) {
    if (sha256(bytes) !== sha256(await readFile(join(path, file)))) return false;
  }
  return true;
}
