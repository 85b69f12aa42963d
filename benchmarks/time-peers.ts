/** The calls of the peers, run and timed by tinybench. */
import { digest, type PrepareRun, shuffled, type TimedStep } from "../src/bench/measure.ts";
import type { PeerRow } from "../src/bench/peers-table.ts";
import { type TimedTask, timedRounds } from "../src/bench/time-rounds.ts";
import { type GenerationRun, generationWorkload } from "../src/bench/workloads.ts";
import { seededRandom } from "../src/math/random.ts";
import {
  baseline,
  type PeerGrid,
  type PeerName,
  type PeerScale,
  peerGrids,
  peerModel,
  peers,
} from "./peers.ts";

/** The work of one process: one model on all able peers. */
export interface PeerJob {
  readonly scale: PeerScale;
  readonly model: string;
  readonly peers: readonly PeerName[];
  readonly process: number;
  /** Seed of the weights, the same for all processes. */
  readonly dataSeed: number;
  readonly orderSeed: number;
}

/** One timed call. */
export interface PeerTiming {
  readonly model: string;
  readonly task: PeerRow["task"];
  readonly promptLength: number;
  /** The name of the peer; that of the baseline with `_twin` for the control. */
  readonly arm: string;
  readonly process: number;
  readonly round: number;
  /** Milliseconds of the prompt, or of one token after it. */
  readonly ms: number;
  readonly tokenDigest: string;
  /** True if the tokens are those of the definition, as far as those are computed. */
  readonly isRight: boolean;
}

/**
 * `prefill`: the first token after a prompt; else a few tokens after it, with or without a cache.
 */
type PeerCase = Pick<PeerTiming, "task" | "promptLength"> & { readonly newTokens: number };

interface PeerTask extends TimedTask, PeerCase {
  readonly arm: string;
  /** All tokens of the last call, with the one before the clock started. */
  readonly tokens: readonly number[];
}

/** Times every case on every peer once a round, in random order; the baseline twice. */
export async function* timePeers(job: PeerJob): AsyncGenerator<PeerTiming, void, void> {
  const { scale, model: name, process, dataSeed, orderSeed } = job;
  const random = seededRandom(orderSeed);
  const model = peerModel(name, dataSeed);
  const arms = job.peers.map((peer) => ({ arm: peer as string, peer }));
  arms.push({ arm: `${baseline}_twin`, peer: baseline });
  const tasks: PeerTask[] = [];
  for (const { arm, peer } of shuffled(arms, random)) {
    const prepare = await generationWorkload(model, peers[peer].decoder(model)).allocate();
    tasks.push(...casesOf(peerGrids[scale]).map((one) => peerTask(arm, one, prepare)));
  }
  const { rightTokens } = generationWorkload(model, peers[baseline].decoder(model));
  const right = new Map(
    tasks.map(({ promptLength }) => [promptLength, rightTokens({ mode: "cached", promptLength })]),
  );
  const rounds = timedRounds(tasks, peerGrids[scale].rounds, random);
  for await (const { task: timed, round, ms } of rounds) {
    const { task, promptLength, arm, newTokens, tokens } = timed;
    const known = right.get(promptLength)!.slice(0, tokens.length);
    yield {
      ...{ model: name, task, promptLength, arm, process, round },
      ms: ms / newTokens,
      tokenDigest: digest(tokens),
      isRight: known.every((token, i) => token === tokens[i]),
    };
  }
}

/** Returns the number of calls that a job times. */
export function timingCount({ scale, peers }: PeerJob): number {
  return (peers.length + 1) * casesOf(peerGrids[scale]).length * peerGrids[scale].rounds;
}

function casesOf(grid: PeerGrid): PeerCase[] {
  const { prompts, contexts, naiveContexts, decoded, recomputed } = grid;
  return [
    ...prompts.map((promptLength) => ({ task: "prefill", promptLength, newTokens: 1 }) as const),
    ...contexts.map(
      (promptLength) => ({ task: "decode", promptLength, newTokens: decoded }) as const,
    ),
    ...naiveContexts.map(
      (promptLength) => ({ task: "naive", promptLength, newTokens: recomputed }) as const,
    ),
  ];
}

/** Returns a call that reads a prompt, or makes tokens after an untimed prompt and first token. */
function peerTask(arm: string, one: PeerCase, prepare: PrepareRun<GenerationRun>): PeerTask {
  const { task, promptLength, newTokens } = one;
  const mode = task === "naive" ? "naive" : "cached";
  const tokens: number[] = [];
  let step: TimedStep;
  return {
    ...{ ...one, arm, tokens, async: true },
    prepare: async () => {
      tokens.length = 0;
      step = await prepare({ mode, promptLength });
      if (task !== "prefill") tokens.push(await step());
    },
    run: async () => {
      for (let i = 0; i < newTokens; i++) tokens.push(await step());
    },
  };
}
