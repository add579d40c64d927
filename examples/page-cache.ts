/**
 * A page cache for a database file: the least recently used pages go first, the missing ones of a request are read in
 * one submission, and a page that is being read is waited for, never read twice.
 *
 *   node examples/dist/page-cache.js FILE [--direct]
 *
 * reads random pages of FILE, most of them from one eighth of it, and says how many were in the cache. With --direct
 * the system keeps no second copy of the pages (O_DIRECT, FILE_FLAG_NO_BUFFERING): the choice of a program that has a
 * cache of its own.
 */
import { allocAligned, open, type OverlappedFile } from '@overlapped/core';
import { LRUCache } from 'lru-cache';

export const PAGE_BYTES = 4096;

type Page = Promise<Uint8Array>;

export class PageCache {
  hits = 0;
  misses = 0;
  /** Promises of pages, so that whoever asks while a page is being read waits for the same read. */
  private readonly pages: LRUCache<number, Page>;

  /** @param capacity the most pages that are kept */
  constructor(
    private readonly file: OverlappedFile,
    capacity: number,
  ) {
    this.pages = new LRUCache({ max: capacity });
  }

  /** @returns the page; shorter, or empty, where the file ends. It is the cache's own: do not change it */
  async get(number: number): Page {
    const [page] = await this.getMany([number]);
    return page as Uint8Array;
  }

  /** Like `get` for many pages: all that are missing are read with one submission and one wake-up. */
  async getMany(numbers: readonly number[]): Promise<Uint8Array[]> {
    const wanted = new Map<number, Page | undefined>();
    for (const number of numbers) wanted.set(number, this.pages.get(number));
    const missing = [...wanted.keys()].filter((number) => wanted.get(number) === undefined);
    this.hits += wanted.size - missing.length;
    this.misses += missing.length;
    for (const [number, page] of this.load(missing)) wanted.set(number, page);
    return Promise.all(numbers.map((number) => wanted.get(number) as Page));
  }

  private load(numbers: readonly number[]): [number, Page][] {
    if (numbers.length === 0) return [];
    const ranges = numbers.map((number) => ({
      position: number * PAGE_BYTES,
      // Direct reads go straight into memory that is aligned; into other memory they would be copied.
      ...(this.file.direct ? { into: allocAligned(PAGE_BYTES) } : { length: PAGE_BYTES }),
    }));
    const batch = this.file.readMany(ranges, { eof: 'clamp' });
    return numbers.map((number, i) => {
      const page = batch.then((pages) => pages[i] as Uint8Array);
      this.pages.set(number, page);
      page.catch(() => {
        if (this.pages.peek(number) === page) this.pages.delete(number); // the next one who asks tries again
      });
      return [number, page];
    });
  }
}

const REQUESTS = 10_000;
const PAGES_PER_REQUEST = 8;
const REQUESTS_AT_ONCE = 16;

/** Nine in ten go to the first eighth of the pages, as in a database with old records. */
function randomPage(pages: number): number {
  return Math.floor(Math.random() * (Math.random() < 0.9 ? pages / 8 : pages));
}

async function main(path: string, direct: boolean): Promise<void> {
  await using file = await open(path, { direct });
  const { size } = await file.stat();
  const pages = Math.ceil(size / PAGE_BYTES);
  const cache = new PageCache(file, Math.max(1, Math.ceil(pages / 4)));
  const started = performance.now();
  let requests = 0;
  const client = async (): Promise<void> => {
    while (requests++ < REQUESTS) {
      await cache.getMany(Array.from({ length: PAGES_PER_REQUEST }, () => randomPage(pages)));
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, client));
  const seconds = (performance.now() - started) / 1e3;
  const { hits, misses } = cache;
  console.log(`${pages} pages, a quarter of them kept; backend ${file.backend}${direct ? ', direct' : ''}`);
  console.log(`${hits} hits, ${misses} misses (${((100 * hits) / (hits + misses)).toFixed(1)} % hits)`);
  console.log(`${Math.round((hits + misses) / seconds).toLocaleString('en')} pages/s`);
}

if (require.main === module) {
  const [path, option] = process.argv.slice(2);
  if (path === undefined || (option !== undefined && option !== '--direct')) {
    console.error('usage: node examples/dist/page-cache.js FILE [--direct]');
    process.exitCode = 2;
  } else {
    void main(path, option === '--direct');
  }
}
