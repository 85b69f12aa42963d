/** Ways to store the keys and values of one sequence. */

export interface Entry {
  readonly key: Float64Array;
  readonly value: Float64Array;
}

export interface Cache {
  put(position: number, entry: Entry): void;
  /** Returns the entry of a position that is still in the window. */
  at(position: number): Entry;
  /** Returns a cache with the entries before a position; null if they have been overwritten. */
  copy(length: number): Cache | null;
}

/** One array in the order of positions. */
export class ListCache implements Cache {
  readonly #entries: Entry[];

  constructor(entries: readonly Entry[] = []) {
    this.#entries = [...entries];
  }

  put(position: number, entry: Entry): void {
    this.#entries[position] = entry;
  }

  at(position: number): Entry {
    return this.#entries[position];
  }

  copy(length: number): Cache {
    return new ListCache(this.#entries.slice(0, length));
  }
}

/** A ring of the last positions: a new entry overwrites the one that has left the window. */
export class RingCache implements Cache {
  readonly #slots: Entry[];
  readonly #size: number;
  #length = 0;

  constructor(size: number, slots: readonly Entry[] = [], length = 0) {
    this.#slots = [...slots];
    this.#size = size;
    this.#length = length;
  }

  put(position: number, entry: Entry): void {
    this.#slots[position % this.#size] = entry;
    this.#length = position + 1;
  }

  at(position: number): Entry {
    return this.#slots[position % this.#size];
  }

  copy(length: number): Cache | null {
    if (length !== this.#length && this.#length > this.#size) return null;
    return new RingCache(this.#size, this.#slots, length);
  }
}

/** Pages of a pool that all sequences of a decoder share; a page that is free is used again. */
export class PagePool {
  readonly pageSize: number;
  readonly pages: Entry[][] = [];

  constructor(pageSize: number) {
    this.pageSize = pageSize;
  }

  /** Returns a new page. Its number is unrelated to that of the page before it. */
  take(): number {
    return this.pages.push([]) - 1;
  }
}

/** A table of pages, each with a fixed number of positions. */
export class PagedCache implements Cache {
  readonly #pool: PagePool;
  readonly #table: number[] = [];

  constructor(pool: PagePool) {
    this.#pool = pool;
  }

  put(position: number, entry: Entry): void {
    const page = Math.floor(position / this.#pool.pageSize);
    this.#table[page] ??= this.#pool.take();
    this.#pool.pages[this.#table[page]][position % this.#pool.pageSize] = entry;
  }

  at(position: number): Entry {
    const page = this.#table[Math.floor(position / this.#pool.pageSize)];
    return this.#pool.pages[page][position % this.#pool.pageSize];
  }

  copy(length: number): Cache {
    const copy = new PagedCache(this.#pool);
    for (let position = 0; position < length; position++) copy.put(position, this.at(position));
    return copy;
  }
}
