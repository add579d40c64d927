/** The page cache gives the file's bytes, reads each page once at a time, and forgets the least recently used. */
import assert from 'node:assert/strict';
import { open, type OverlappedFile } from '@overlapped/core';
import { NodeFsBackend } from '@overlapped/core/backend';
import { DEVICE_ERROR, FaultyBackend, Fixtures, pattern, skipUnless } from '@overlapped/conformance';
import { PAGE_BYTES, PageCache } from '../page-cache.js';
import { runExample } from './program.js';

const PAGES = 50;
const SIZE = (PAGES - 1) * PAGE_BYTES + 123; // the last page is short

const pageOf = (number: number): Buffer =>
  pattern(number * PAGE_BYTES, Math.max(0, Math.min(PAGE_BYTES, SIZE - number * PAGE_BYTES)));

describe('examples: page cache', () => {
  const fixtures = new Fixtures();
  let path: string;
  let backend: FaultyBackend;
  let failing = false;
  let counted: OverlappedFile;
  before(() => (path = fixtures.file(SIZE)));
  beforeEach(async () => {
    backend = new FaultyBackend(new NodeFsBackend(), { decide: () => (failing ? DEVICE_ERROR : undefined) });
    counted = await open(path, { backend });
  });
  afterEach(() => counted.close());
  after(() => fixtures.dispose());

  const pagesRead = (): number[] => backend.seen.map(({ position }) => Number(position) / PAGE_BYTES);

  for (const direct of [false, true]) {
    it(`gives any page as it is in the file${direct ? ', direct' : ''}`, async function () {
      let file: OverlappedFile;
      try {
        file = await open(path, { direct });
        await file.readExactly(0, 1);
      } catch (error) {
        skipUnless(this, !direct, `no direct reads here: ${(error as Error).message}`);
        throw error;
      }
      const cache = new PageCache(file, 8);
      for (let i = 0; i < 40; i++) {
        const numbers = Array.from({ length: 10 }, () => Math.floor(Math.random() * (PAGES + 1)));
        const pages = await cache.getMany(numbers);
        for (const [j, number] of numbers.entries()) {
          assert(pageOf(number).equals(pages[j] as Uint8Array), `page ${number}`);
        }
      }
      assert(cache.hits > 0 && cache.misses > PAGES);
      await file.close();
    });
  }

  it('reads a page once, however many ask for it meanwhile', async () => {
    const cache = new PageCache(counted, 8);
    const pages = await Promise.all([
      ...Array.from({ length: 9 }, () => cache.get(3)),
      cache.getMany([3, 4, 3]),
    ]);
    assert.deepEqual(pagesRead(), [3, 4]);
    assert(pages.slice(0, 9).every((page) => page === pages[0]));
    assert.deepEqual([cache.hits, cache.misses], [9, 2]);
  });

  it('keeps the most recently used pages', async () => {
    const cache = new PageCache(counted, 3);
    for (const number of [0, 1, 2, 0, 3]) await cache.get(number); // 1 goes
    await cache.getMany([0, 2, 3]);
    await cache.get(1);
    assert.deepEqual(pagesRead(), [0, 1, 2, 3, 1]);
  });

  it('serves a request for more pages than it keeps', async () => {
    const cache = new PageCache(counted, 2);
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    const pages = await cache.getMany(numbers);
    assert(numbers.every((number) => pageOf(number).equals(pages[number] as Uint8Array)));
  });

  it('forgets a failure, so that the next one who asks tries again', async () => {
    const cache = new PageCache(counted, 8);
    failing = true;
    await assert.rejects(cache.get(5), { code: 'EIO' });
    failing = false;
    assert(pageOf(5).equals(await cache.get(5)));
  });

  it('runs as a program, and says how many pages it had', () => {
    const { status, stdout, stderr } = runExample('page-cache', [path]);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^50 pages, a quarter of them kept; backend \S+\n\d+ hits, \d+ misses/);
  });
});
