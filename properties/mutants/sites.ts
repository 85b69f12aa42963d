/** Texts of `src/` that several mutants replace, and texts that several mutants insert. */

/** Both ways to append to a sequence, without their first lines. */
export const bothAppends = `    for (const token of tokens) this.#step(token);
    return this.#pass.logits();
  }

  async appendAll(tokens: readonly number[]): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    return tokens.map((token) => {
      this.#step(token);
      return this.#pass.logits();
    });`;

/** Both ways to append: one returns the last row of the other, whose body is `body`. */
const appends = (body: string) => `    return (await this.appendAll(tokens)).at(-1)!;
  }

  async appendAll(tokens: readonly number[]): Promise<Logits[]> {
    checkAppend(this.#config, this.#length, tokens);
    const start = this.#length;
    ${body}`;

/**
 * Returns appends that write token i of a call into the cache at `index` with the position
 * `position`: expressions of `i` and of the number of tokens held before the call, `start`.
 */
export function stepAt(index: string, position: string, before = ""): string {
  return appends(`${before}
    return tokens.map((token, i) => {
      this.#pass.step(this.#cache, token, ${index}, this.#position + ${position});
      this.#length++;
      return this.#pass.logits();
    });`);
}

/**
 * Returns code that computes token i of a call once more, at position `t`, with attention to the
 * tokens `s` for which `sees` holds, earlier or later ones. Their keys and values are gathered in
 * another cache; those of the token itself are kept if `baked`.
 */
function lookAgain(
  { cache, end, position }: Record<"cache" | "end" | "position", string>,
  sees: string,
  baked: boolean,
): string {
  return `const { slidingWindow: w, headDim: H } = this.#config;
      const t = start + i;
      const gathered = new KvCache(this.#config);
      const slots = Array.from({ length: ${end} }, (_, s) => s);
      const seen = slots.filter((s) => s !== t && (${sees}));
      const move = (from, to, source, target) => {
        for (const [l, { keys, values, capacity }] of from.layers.entries()) {
          for (let head = 0; head < keys.length; head += capacity * H) {
            const slot = (all) => all.subarray(head + source * H, head + (source + 1) * H);
            to.layers[l].keys.set(slot(keys), head + target * H);
            to.layers[l].values.set(slot(values), head + target * H);
          }
        }
      };
      for (const [place, s] of seen.entries()) move(${cache}, gathered, s, place);
      this.#pass.step(gathered, token, seen.length, ${position});
      ${baked ? `move(gathered, ${cache}, seen.length, t);` : ""}`;
}

/**
 * Returns appends whose token at `t` attends to the token at `s` if `sees` holds, after `start`
 * tokens that the sequence held before.
 *
 * @param baked true if the result of the wrong attention enters the keys and values of the token
 * @param end number of cache entries that can be attended to
 */
export function rowsThatSee(sees: string, baked = false, end = "this.#length"): string {
  return appends(`for (const token of tokens) this.#step(token);
    const end = ${end};
    return tokens.map((token, i) => {
      ${lookAgain({ cache: "this.#cache", end: "end", position: "this.#position + t" }, sees, baked)}
      return this.#pass.logits();
    });`);
}

/** The append of one row of a batch. */
export const rowAppend = `    for (const token of tokens) {
      this.#pass.step(row.cache, token, row.length, row.length);
      row.length++;
    }
    return tokens.length === 0 ? null : this.#pass.logits();`;

/** As {@link rowsThatSee}, for a row of a batch: the row is number `place` of `B`. */
export function batchRowThatSees(sees: string): string {
  return `const start = row.length;
    const B = this.#rows.length;
    const place = this.#rows.indexOf(row);
    for (const token of tokens) this.#pass.step(row.cache, token, row.length, row.length++);
    let logits = null;
    for (const [i, token] of tokens.entries()) {
      ${lookAgain({ cache: "row.cache", end: "row.length", position: "t" }, sees, true)}
      logits = this.#pass.logits();
    }
    return logits;`;
}

/** The start of a sequence, with all of its parts in scope. */
export const sequenceStart =
  "return new ReferenceSequence({ ...config, maxPositionEmbeddings: fits }, pass, position);";

/**
 * A sequence that computes with `other` instead of `pass` in every call for which `when` holds, an
 * expression of the call's `tokens` and of the `sequence` before it.
 */
export function switched(other: string, when: string): string {
  return `const other = ${other};
      let chosen = pass;
      const either = {
        step: (...all) => chosen.step(...all),
        logits: (...all) => chosen.logits(...all),
      };
      const limits = { ...config, maxPositionEmbeddings: fits };
      const sequence = new ReferenceSequence(limits, either, position);
      for (const name of ["append", "appendAll"]) {
        const append = sequence[name].bind(sequence);
        sequence[name] = (tokens) => {
          chosen = ${when} ? other : pass;
          return append(tokens);
        };
      }
      return sequence;`;
}
