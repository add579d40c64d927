/** The memory that a read gives away: where it begins, how it is made, and what becomes of it. */
import assert from 'node:assert/strict';
import { NodeFsBackend } from '../src/backend-entry.js';
import { freshForRead, freshBytes } from '../src/buffers/fresh.js';
import type { Backend } from '../src/backend.js';
import { runModule } from './child.js';

const LARGE = 100_000;
const WORTH_LARGE_PAGES = 32 << 20;
const ROOM_TO_GROW = 64 << 20;

/** What became of blocks that were asked for, and how far the heap could have grown. */
interface Tried {
  readonly isKept: boolean;
  readonly room: number;
  readonly seen: string;
}

/** A backend that says where memory begins. */
function knowing(pageOffset: number): Backend {
  return Object.assign(new NodeFsBackend(), { pageOffset: () => pageOffset });
}

describe('fresh memory', () => {
  it('is exactly as long as asked for', () => {
    for (const bytes of [0, 1, 4096, LARGE]) assert.equal(freshBytes(bytes).buffer.byteLength, bytes);
  });

  for (const [pageOffset, start] of [
    [0, 0],
    [16, 48],
    [48, 16],
    [64, 0],
    [4080, 16],
  ] as const) {
    it(`${pageOffset} bytes into a page, large memory begins ${start} further on, at a multiple of 64`, () => {
      const memory = freshForRead(knowing(pageOffset), LARGE);
      assert.equal(memory.byteOffset, start);
      assert.equal(memory.byteLength, LARGE);
    });
  }

  it('is plain where it is small, or where the backend does not know', () => {
    for (const memory of [freshForRead(knowing(16), 1000), freshForRead(new NodeFsBackend(), LARGE)]) {
      assert.equal(memory.byteOffset, 0);
      assert.equal(memory.byteLength, memory.buffer.byteLength);
    }
  });

  it('is on large pages from 32 MiB on, where the backend can ask for them', () => {
    const asked: Uint8Array[] = [];
    const backend = Object.assign(knowing(16), {
      useLargePages: (view: Uint8Array) => void asked.push(view),
    });
    freshForRead(backend, WORTH_LARGE_PAGES - 1);
    assert.equal(asked.length, 0);
    const memory = freshForRead(backend, WORTH_LARGE_PAGES);
    assert.equal(asked.length, 1);
    assert.equal(asked[0]?.buffer, memory.buffer);
    assert.equal(freshForRead(knowing(0), WORTH_LARGE_PAGES).byteLength, WORTH_LARGE_PAGES);
  });

  it('of a stream stays with malloc, which without one would give 8 MiB back at once', async function () {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
    if (process.platform !== 'linux' || header.glibcVersionRuntime === undefined) {
      console.log('      skipped: this is about the malloc of glibc');
      return this.skip();
    }
    // Blocks that go back at once are mapped for themselves; the others are in the heap. A collection may free what it
    // finds some time later, so it is tried again; blocks that are tried with must stay, since to free one changes the answer.
    const tryBlocks = (use: string, tries: number): Promise<Tried> =>
      runModule(`
        import { readFileSync } from 'node:fs';
        import { setTimeout as sleep } from 'node:timers/promises';
        import { setFlagsFromString } from 'node:v8';
        import { runInNewContext } from 'node:vm';
        import { open } from '@overlapped/core';
        const mappedBytes = () => {
          let bytes = 0;
          for (const [, start, end, heap] of readFileSync('/proc/self/maps', 'utf8').matchAll(/^(\\w+)-(\\w+)(.*\\[heap\\])?/gm)) {
            if (heap === undefined) bytes += parseInt(end, 16) - parseInt(start, 16);
          }
          return bytes;
        };
        setFlagsFromString('--expose-gc');
        const gc = runInNewContext('gc');
        const file = await open('package.json');
        ${use}
        await file.close();
        const blocks = [];
        const mapped = [];
        let isKept = false;
        for (let i = 0; i < ${tries} && !isKept; i++) {
          gc();
          await sleep(20);
          const before = mappedBytes();
          blocks.push(Buffer.allocUnsafeSlow(8 << 20));
          mapped.push(mappedBytes() - before);
          isKept = mapped[i] < blocks[0].length;
        }
        const maps = readFileSync('/proc/self/maps', 'utf8');
        const seen = 'newly mapped by each try: ' + mapped + '; ' + maps;
        const [, end, next] = /^\\w+-(\\w+) .*\\[heap\\]\\n(\\w+)/m.exec(maps);
        const room = parseInt(next, 16) - parseInt(end, 16);
        console.log(JSON.stringify({ isKept, room, seen }));`) as Promise<Tried>;
    const chunks = await tryBlocks('for await (const chunk of file.chunks()) void chunk;', 3);
    assert.equal(chunks.isKept, false, chunks.seen);
    const stream = 'file.createReadStream({ autoClose: false })';
    let streamed: Tried;
    let tries = 0;
    // V8 may have mapped its code just behind the heap, which then can't grow, whatever malloc keeps.
    do streamed = await tryBlocks(`for await (const chunk of ${stream}) void chunk;`, 50);
    while (streamed.room < ROOM_TO_GROW && ++tries < 5);
    assert.equal(streamed.isKept, true, streamed.seen);
  });
});
