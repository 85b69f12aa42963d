/**
 * Refuses ids that are not tokens of these logits, which would otherwise be ignored.
 *
 * @throws {RangeError} with the caller `who` and the first id outside [0, V)
 */
export function checkIds(who: string, ids: readonly number[], vocabSize: number): void {
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
      throw new RangeError(`${who}: an id must be an integer in [0, ${vocabSize}), got ${id}`);
    }
  }
}
