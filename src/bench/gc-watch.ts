import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";

/** Sees when the garbage collector runs, and for how long. */
export class GcWatch implements Disposable {
  #entries: { readonly startTime: number; readonly duration: number }[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#entries.push(...list.getEntries()));

  constructor() {
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /**
   * Waits until Node has told of all collections so far, and forgets those of earlier calls. It
   * tells of them in the turns of the event loop after a run, never within one; the last ones take
   * two.
   */
  async settle(): Promise<void> {
    this.#entries = [];
    for (let turn = 0; turn < 2; turn++) {
      await setImmediate();
      this.#entries.push(...this.#observer.takeRecords());
    }
  }

  /** Collections that began between two times, in milliseconds as `performance.now` has it. */
  between(from: number, to: number): { readonly count: number; readonly ns: number } {
    const within = this.#entries.filter(({ startTime }) => startTime >= from && startTime < to);
    const ms = within.reduce((sum, { duration }) => sum + duration, 0);
    return { count: within.length, ns: Math.round(ms * 1e6) };
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
  }
}
