/** Cached reads end at once; the event loop gets its turns all the same (R22). Turns are counted, never timed. */
import assert from 'node:assert/strict';
import { type FileSubject, readAt } from './subject.js';

const LENGTH = 64 << 10;
const COUNT = 1000;

/** Counts turns of the event loop until stopped. */
export function countTurns(): { stop(): number } {
  let turns = 0;
  let next = setImmediate(function count() {
    turns++;
    next = setImmediate(count);
  });
  return {
    stop() {
      clearImmediate(next);
      return turns;
    },
  };
}

export function eventLoop(subject: FileSubject): void {
  it('[R22] 1,000 reads of 64 KiB issued together leave turns to others', async function () {
    const copiesHere = !subject.isFileHandle && subject.name !== 'node-fs';
    subject.needs(this, copiesHere, 'the thread pool copies, and may be done before the first turn');
    await using file = await subject.open(subject.fixtures.sparse(4 * LENGTH, 0, Buffer.from('x')));
    const buffers = Array.from({ length: 4 }, () => Buffer.alloc(LENGTH));
    const counter = countTurns();
    const reads = Array.from({ length: COUNT }, (_, i) => readAt(file, buffers[i % 4]!, (i % 4) * LENGTH));
    await Promise.all(reads);
    const turns = counter.stop();
    assert(turns >= 10, `${turns} turns of the event loop during ${COUNT} reads`);
  });

  it('[R22] a chain of reads, each begun as the last one ends, leaves turns to others', async () => {
    await using file = await subject.open(subject.fixtures.sparse(LENGTH, 0, Buffer.from('x')));
    const buffer = Buffer.alloc(LENGTH);
    const counter = countTurns();
    for (let i = 0; i < COUNT; i++) await readAt(file, buffer, 0);
    const turns = counter.stop();
    assert(turns >= 10, `${turns} turns of the event loop during ${COUNT} reads`);
  });

  it('[R22] a timer fires while a chain of cached reads goes on', async () => {
    await using file = await subject.open(subject.fixtures.sparse(LENGTH, 0, Buffer.from('x')));
    const buffer = Buffer.alloc(LENGTH);
    let fired = false;
    const timer = setTimeout(() => (fired = true), 1);
    let reads = 0;
    // 20,000 such reads copy more than a gigabyte: no machine does that before a timer of a millisecond is due.
    while (!fired && reads < 20_000) {
      await readAt(file, buffer, 0);
      reads++;
    }
    clearTimeout(timer);
    assert(fired, `no timer fired during ${reads} reads`);
  });

  it('[R22] small reads too: 50,000 of 64 bytes leave turns to others', async function () {
    subject.needs(this, subject.isFileHandle !== true, 'slow, and Node’s own affair');
    await using file = await subject.open(subject.fixtures.sparse(LENGTH, 0, Buffer.from('x')));
    const buffer = Buffer.alloc(64);
    const counter = countTurns();
    for (let i = 0; i < 500; i++)
      await Promise.all(Array.from({ length: 100 }, () => file.readAt!(buffer, 0)));
    const turns = counter.stop();
    assert(turns >= 10, `${turns} turns of the event loop`);
  });
}
