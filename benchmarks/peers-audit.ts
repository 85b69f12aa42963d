/** The audit of a peer before it is timed: its logits must be right on the same model. */
import type { PeerRow } from "../src/bench/peers-table.ts";
import { benchPrompt } from "../src/bench/workloads.ts";
import { type Decoder, NotOffered } from "../src/decoder.ts";
import type { Logits } from "../src/math/logits.ts";
import type { Model } from "../src/model/model.ts";
import { headroom, timedTolerances } from "../src/tolerance/arithmetics.ts";
import { largestError } from "../src/tolerance/compare.ts";
import { noiseFloor } from "../src/tolerance/noise.ts";
import { baseline, type Peer, type PeerName, type PeerScale, peerGrids, peers } from "./peers.ts";

export interface Audit {
  readonly model: string;
  readonly peer: PeerName;
  readonly version: string | null;
  readonly status: PeerRow["status"];
  /** The largest difference from the reference's logits, and the tolerance of the arithmetic. */
  readonly largestError: number | null;
  readonly allowedError: number | null;
  readonly error: string | null;
}

/** Compares a peer with the reference at all timed lengths, and two tokens after each. */
export async function audit(scale: PeerScale, peer: PeerName, model: Model): Promise<Audit> {
  const named = { model: model.name, peer } as const;
  const nothing = { version: null, largestError: null, allowedError: null };
  const candidate: Peer = peers[peer];
  if (!(await candidate.isInstalled())) {
    const error = `causalgate verify --subject ${peer} installs it`;
    return { ...named, ...nothing, status: "not_installed", error };
  }
  const version = await candidate.version();
  try {
    await using reference = peers[baseline].decoder(model);
    await using decoder = candidate.decoder(model);
    const actual = await rowsOf(scale, decoder);
    const expected = await rowsOf(scale, reference);
    const off = largestError(actual, expected);
    const allowed = allowanceOf(candidate, model, expected);
    const isRight = off <= allowed;
    const error = isRight ? null : `the logits are off by ${off}`;
    const status = isRight ? "ok" : "mismatch";
    return { ...named, version, status, largestError: off, allowedError: allowed, error };
  } catch (error) {
    if (!(error instanceof NotOffered)) throw error;
    return { ...named, ...nothing, version, status: "not_offered", error: error.message };
  }
}

/** Returns the logits after every prompt and context, and after two more tokens. */
async function rowsOf(scale: PeerScale, decoder: Decoder): Promise<Logits[]> {
  const { prompts, contexts } = peerGrids[scale];
  const rows: Logits[] = [];
  for (const length of new Set<number>([...prompts, ...contexts])) {
    await using sequence = await decoder.start();
    rows.push(await sequence.append(benchPrompt(decoder.config, length)));
    for (const token of [0, 1]) rows.push(await sequence.append([token]));
  }
  return rows;
}

function allowanceOf({ arithmetic }: Peer, model: Model, expected: readonly Logits[]): number {
  const largest = expected.flatMap((row) => [...row]).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (arithmetic === null) return timedTolerances.float64 * largest;
  return Math.min(headroom * noiseFloor(model, arithmetic), timedTolerances.mostNoise * largest);
}
