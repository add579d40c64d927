/** A file system that does not answer for a while: the event loop does not wait for it (R70). */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipUnless } from '@overlapped/conformance';
import { load } from '@overlapped/linux-uring';
import { assertBytes, describeFaults, tally, watch } from './support.js';

const SIZE = 4096;

describeFaults('faults below: a file system that does not answer', (subject) => {
  // First: the kernel asks this file system about closing once, and then no more.
  it('[R70] [R74] close waits for it, and the event loop does not', async () => {
    await subject.run(async ({ open }) => {
      const on = await subject.fs.file(SIZE);
      const file = await open(on);
      const buffer = new Uint8Array(SIZE);
      assert.equal(await file.readAt(buffer, 0), SIZE);
      assertBytes(buffer, 0, SIZE);
      subject.fs.pause();
      const closed = file.close();
      const closing = watch(closed);
      await sleep(20);
      assert.deepEqual(tally([closing]), { pending: 1 });
      assert(await subject.fs.resume(), 'it went on before: the event loop had waited for it');
      await closed;
    });
  });

  it('[R5] what kind of file was opened is known without asking it', async function () {
    skipUnless(this, subject.name === 'io_uring', `${subject.name}: it asks by the thread pool`);
    const loaded = load();
    assert(loaded.ok);
    const on = await subject.fs.file(SIZE);
    const fd = fs.openSync(on.path, 'r');
    const words = (count: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * count));
    const tables = {
      requests: words(64),
      completions: words(64),
      status: words(2),
      dispatch: () => undefined,
    };
    const engine = loaded.addon.createEngine({ capacity: 1, queueEntries: 1, ...tables });
    subject.fs.pause();
    const mode = engine.fileMode(fd);
    assert(await subject.fs.resume(), 'it was asked');
    assert.equal(mode & fs.constants.S_IFMT, fs.constants.S_IFREG);
    engine.close();
    fs.closeSync(fd);
  });
});
