/**
 * Former codes of the laws. They stay valid where users wrote them down: in `--law`, `--replay`,
 * `knownFailures` and corpus files. docs/law-names.md is made from this table.
 */
export const formerCodes: Readonly<Record<string, string>> = {
  "P-HISTORY": "history-invariance",
  "P-CAUS": "prefix-invariance",
  "P-LIVE": "context-sensitivity",
  "P-WIN": "window-receptive-field",
  "P-WIN-FULL": "full-width-window",
  "P-CACHE": "cache-equality",
  "P-CHUNK": "chunk-invariance",
  "P-ROLL": "rewind-equality",
  "P-FORK": "fork-independence",
  "P-REUSE": "sequence-reuse",
  "P-POISON": "uninitialised-memory",
  "P-ALIAS": "no-aliasing",
  "P-BATCH": "batch-invariance",
  "P-PERM": "row-permutation",
  "P-ISOL": "row-isolation",
  "P-BEAM": "beam-reordering",
  "P-PAD": "padding-invariance",
  "P-GOLD": "definition-equality",
  "P-SHIFT": "position-shift",
  "P-HEADPERM": "weight-permutation",
  "P-SOFTSHIFT": "score-shift",
  "P-RMSSCALE": "rmsnorm-scale",
  "P-FINITE": "finite-logits",
  "P-ERR": "error-growth",
  "P-BOUND": "context-limit",
  "P-ERRORS": "illegal-input",
  "P-TIE": "tied-weights-memory",
  "P-TOPP": "top-p-mass",
  "P-TOPP-SHIFT": "top-p-shift-invariance",
  "P-TOPK": "top-k-count",
  "P-MINP": "min-p-threshold",
  "P-TEMP": "temperature-scaling",
  "P-PEN": "repetition-penalty",
  "P-PEN-COUNT": "frequency-presence-penalty",
  "P-BAN": "banned-sequences",
  "P-ORDER": "filter-order",
  "P-NONEMPTY": "non-empty-support",
  "P-SIZE": "large-vocabulary",
  "P-ALIAS-SAMPLER": "sampler-purity",
  "P-DIST": "exact-sampling",
  "P-SUPPORT": "sampling-support",
  "P-DIST-BLACKBOX": "sampling-frequencies",
  "P-NAIVE": "cached-generation",
  "P-HIST": "penalty-history",
  "P-STOP": "end-of-sequence",
  "P-SEED": "seed-determinism",
  "P-TURN": "multi-turn-equality",
  "P-PREFIX": "prefix-reuse",
  "P-LOGP": "log-prob-alignment",
  "P-LOGP-FINITE": "finite-log-probs",
  "P-SPEC": "greedy-speculation",
  "P-SPECDIST": "speculative-distribution",
  "P-TOP": "top-log-probs",
  "P-TOP-SAME": "completion-determinism",
  "P-TOP-STEP": "completion-stepwise",
  "P-TOP-TOGETHER": "concurrent-completions",
  "P-TOP-GOLD": "top-log-probs-definition",
  "P-TOP-ERRORS": "illegal-prompt",
};

const announced = new Set<string>();

/**
 * Returns the id of a law given by its id or by its former code. For a former code, prints the new
 * name, once in a process or in a test file. Not on the console, to which test runners add a stack.
 */
export function lawId(name: string): string {
  const id = formerCodes[name];
  if (id === undefined) return name;
  if (!announced.has(name)) {
    process.stderr.write(`causalgate: law ${name} is now called ${id}\n`);
  }
  announced.add(name);
  return id;
}
