/** Opening on the event loop's thread, where it takes no time, is opening all the same. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { open } from '@overlapped/core';
import type { Backend } from '@overlapped/core/backend';
import { Fixtures } from '@overlapped/conformance';
import { countTurns } from '../../src/families/file/event-loop.js';
import { describeUring, openDescriptors, turn, uringBackend } from './support.js';

describeUring('io_uring: opening', () => {
  const fixtures = new Fixtures();
  let backend: Backend;
  let file: string;

  before(async () => {
    backend = uringBackend();
    file = fixtures.file(100);
    await (await open(file, { backend })).close(); // the first file of a device goes to the pool
  });
  after(async () => {
    await backend.close();
    fixtures.dispose();
  });

  /** Calls of node:fs while `body` runs: the pool opens by way of it. */
  async function visitsOfPool(body: () => Promise<unknown>): Promise<number> {
    const real = fs.open;
    let visits = 0;
    fs.open = ((...args: Parameters<typeof real>) => {
      visits++;
      real(...args);
    }) as typeof real;
    try {
      await body();
    } finally {
      fs.open = real;
    }
    return visits;
  }

  it('[R1] a file whose path is in memory does not visit the pool', async () => {
    for (const name of [file, path.relative('.', file)]) {
      const visits = await visitsOfPool(async () => {
        for (let i = 0; i < 100; i++) {
          await using opened = await open(name, { backend });
          assert.equal(await opened.readAt(new Uint8Array(200), 0), 100);
          assert.equal((await opened.stat()).size, 100);
        }
      });
      assert(visits < 50, `${visits} of 100`); // others may rename or mount meanwhile
    }
  });

  it('[R3] what fails to open fails as node:fs says, and leaves nothing open', async () => {
    const directory = path.dirname(file);
    const cases = [
      [path.join(directory, 'none'), 'ENOENT'],
      [path.join(file, 'none'), 'ENOTDIR'],
      [directory, 'EISDIR'],
    ] as const;
    const before = openDescriptors();
    for (const [name, code] of cases) await assert.rejects(open(name, { backend }), { code, path: name });
    assert.equal(openDescriptors(), before);
  });

  it('opens what the path names now, after every change of it', async () => {
    const name = path.join(path.dirname(file), 'changing');
    for (let bytes = 1; bytes <= 20; bytes++) {
      fs.writeFileSync(`${name}.new`, Buffer.alloc(bytes, bytes));
      if (bytes % 2 === 0) {
        fs.rmSync(name, { force: true });
        fs.symlinkSync(`${name}.new`, name);
      } else {
        fs.renameSync(`${name}.new`, name);
      }
      await using opened = await open(name, { backend });
      assert.deepEqual(await opened.readFile(), Buffer.alloc(bytes, bytes));
    }
  });

  it('[R22] a chain of opens leaves the event loop its turns, and many at once as well', async () => {
    const visits = await visitsOfPool(async () => {
      const chained = countTurns();
      for (let i = 0; i < 1_000; i++) await (await open(file, { backend })).close();
      const inChain = chained.stop();
      assert(inChain >= 5, `${inChain} turns in 1,000 opens`);
      const together = countTurns();
      const files = await Promise.all(Array.from({ length: 500 }, () => open(file, { backend })));
      const atOnce = together.stop();
      assert(atOnce >= 3, `${atOnce} turns in 500 opens at once`);
      await Promise.all(files.map((each) => each.close()));
    });
    assert(visits < 750, `${visits} of 1,500 went to the pool`);
  });

  it('[R74] opens that wait for their turn when the backend closes are refused, and leave nothing open', async () => {
    const closing = uringBackend();
    await (await open(file, { backend: closing })).close();
    const before = openDescriptors();
    const opens = Promise.allSettled(Array.from({ length: 1_000 }, () => open(file, { backend: closing })));
    await turn();
    const closed = closing.close();
    const results = await opens;
    await closed;
    const files = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert(files.length > 0 && files.length < results.length, `${files.length} were opened`);
    for (const result of results) {
      if (result.status === 'rejected')
        assert.equal((result.reason as NodeJS.ErrnoException).code, 'ERR_INVALID_STATE');
    }
    await Promise.all(files.map((each) => each.close()));
    await turn();
    await turn();
    assert(openDescriptors() <= before, 'files stayed open');
  });
});
