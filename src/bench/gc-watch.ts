import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";

/** Records when the garbage collector runs, and for how long. */
export class GcWatch implements Disposable {
  #entries: { readonly startTime: number; readonly duration: number }[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#entries.push(...list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /**
   * Waits until Node has reported all collections so far, and drops those of earlier calls. Node
   * reports them in the turns of the event loop after a run, never within one; the last ones take
   * two turns.
   */
  async settle(): Promise<void> {
    this.#entries = [];
    for (let turn = 0; turn < 2; turn++) {
      await setImmediate();
      this.#entries.push(...this.#observer.takeRecords());
    }
  }

  /** Returns the collections that began between two times, in milliseconds of `performance.now`. */
  between(from: number, to: number): { readonly count: number; readonly ns: number } {
    const within = this.#entries.filter(({ startTime }) => startTime >= from && startTime < to);
    const ms = within.reduce((sum, { duration }) => sum + duration, 0);
    return { count: within.length, ns: Math.round(ms * 1e6) };
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}
