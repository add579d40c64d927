/** `overlapped cat`: the bytes, ranges of them, pipes on either side, and what can't be read. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { promisify } from 'node:util';
import { Fixtures, pattern, skipUnless } from '@overlapped/conformance';
import { parseRanges, spanOf } from '../src/ranges.js';
import { overlapped, pipe, text } from './command.js';

const SIZE = 1_000_003; // some chunks, the last of them odd

/** --range's arguments, and the bytes they stand for as [start, end). */
const RANGES: readonly (readonly [readonly string[], readonly (readonly [number, number])[]])[] = [
  [['0-99'], [[0, 100]]],
  [['999999-'], [[999_999, SIZE]]],
  [['-5'], [[SIZE - 5, SIZE]]],
  [['-99999999'], [[0, SIZE]]],
  [['1000000-99999999'], [[1_000_000, SIZE]]],
  [['5-5'], [[5, 6]]],
  [
    ['300000-600000,0-3, -2', '7-9'],
    [
      [300_000, 600_001],
      [0, 4],
      [SIZE - 2, SIZE],
      [7, 10],
    ],
  ],
];
const WRONG_RANGES = ['', '-', '5', '5-2', 'a-b', '1-2-3', '0x1-', '1,2', '0-9,', '99999999999999999-'];

describe('command overlapped cat', () => {
  const fixtures = new Fixtures();
  let file: string;
  before(() => (file = fixtures.file(SIZE)));
  after(() => fixtures.dispose());

  for (const backend of ['auto', 'node-fs']) {
    it(`writes every byte (--backend ${backend})`, async () => {
      const exit = await overlapped(['cat', file, '--backend', backend]);
      assert.deepEqual([exit.code, exit.stderr], [0, '']);
      assert(exit.stdout.equals(pattern(0, SIZE)));
    });
  }

  for (const [ranges, spans] of RANGES) {
    it(`writes --range ${ranges.join(' and ')}`, async () => {
      const exit = await overlapped(['cat', file, ...ranges.flatMap((range) => ['--range', range])]);
      assert.deepEqual([exit.code, exit.stderr], [0, '']);
      assert(exit.stdout.equals(Buffer.concat(spans.map(([start, end]) => pattern(start, end - start)))));
    });
  }

  it('--json gives position, length and data of each chunk', async () => {
    const exit = await overlapped(['cat', file, '-r', '500000-', '-r', '0-9', '--json']);
    assert.equal(exit.code, 0);
    const chunks = text(exit)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { position: number; length: number; data: string });
    for (const { position, length, data } of chunks) {
      assert(Buffer.from(data, 'base64').equals(pattern(position, length)));
    }
    assert.equal(
      chunks.reduce((sum, { length }) => sum + length, 0),
      SIZE - 500_000 + 10,
    );
  });

  it('refuses what is no range, each with a reason', async () => {
    for (const wrong of WRONG_RANGES) assert.throws(() => parseRanges(wrong), RangeError, wrong);
    const exit = await overlapped(['cat', file, '--range', '5-2']);
    assert.deepEqual([exit.code, text(exit)], [2, '']);
    assert.match(exit.stderr, /5-2 ends before it begins/);
  });

  it('refuses a range without bytes before it writes any', async () => {
    const exit = await overlapped(['cat', file, '--range', `0-9,${SIZE}-`]);
    assert.deepEqual([exit.code, text(exit)], [1, '']);
    assert.match(exit.stderr, new RegExp(`${SIZE} bytes, none of them in the range ${SIZE}-\\.`));
    for (const range of parseRanges('0-,-5,-0')) assert.throws(() => spanOf(range, 0, 'x'), /x has 0 bytes/);
  });

  it('writes nothing for an empty file', async () => {
    const exit = await overlapped(['cat', fixtures.file(0)]);
    assert.deepEqual([exit.code, text(exit), exit.stderr], [0, '', '']);
  });

  it('says the code, the file and what to do for a missing file and for a folder', async () => {
    const missing = fixtures.path();
    const [absent, folder] = await Promise.all([
      overlapped(['cat', missing]),
      overlapped(['cat', __dirname]),
    ]);
    assert.deepEqual([absent.code, folder.code], [1, 1]);
    assert.equal(absent.stderr.split('\n').length, 2);
    assert(absent.stderr.startsWith('overlapped: ENOENT: '));
    assert(absent.stderr.includes(missing));
    assert.match(absent.stderr, /\. Check the path.*\n$/);
    assert.match(folder.stderr, /^overlapped: EISDIR: .* Name a file.*\n$/);
  });

  it('ends in silence, with 0, when the reader has had enough', async () => {
    const exit = await overlapped(['cat', file], {
      meanwhile: ({ stdout }) => stdout?.once('data', () => stdout.destroy()),
    });
    assert.deepEqual([exit.code, exit.signal, exit.stderr], [0, null, '']);
    assert(exit.stdout.length < SIZE);
  });

  it('waits for a slow reader and loses nothing', async () => {
    const large = fixtures.sparse(64 << 20, (64 << 20) - 3, Buffer.from('end'));
    let most = 0;
    const exit = await overlapped(['cat', large], {
      meanwhile: ({ stdout, pid }) => {
        stdout?.pause();
        setTimeout(() => {
          if (process.platform === 'linux') most = residentBytes(pid as number);
          stdout?.resume();
        }, 500);
      },
    });
    assert.equal(exit.stdout.length, 64 << 20);
    assert.equal(exit.stdout.subarray(-3).toString(), 'end');
    if (process.platform === 'linux') assert(most > 0 && most < 160 << 20, `${most} bytes resident`);
  });

  describe('with pipes', () => {
    before(function () {
      skipUnless(this, process.platform !== 'win32', 'there are no FIFOs and no /dev/stdin');
    });

    it('reads standard input', async () => {
      const exit = await overlapped(['cat', '/dev/stdin'], { launcher: pipe(file) });
      assert.deepEqual([exit.code, exit.stderr], [0, '']);
      assert(exit.stdout.equals(pattern(0, SIZE)));
    });

    it('passes data of a FIFO on before its end, and has no ranges of it', async () => {
      const fifo = fixtures.path('fifo');
      await promisify(execFile)('mkfifo', [fifo]);
      const opened = fs.promises.open(fifo, 'w'); // resolves when the command opens it too
      const exit = await overlapped(['cat', fifo], {
        meanwhile: ({ stdout }) => {
          void opened.then((writer) => writer.write('first'));
          stdout?.once('data', (data: Buffer) => {
            assert.equal(data.toString(), 'first');
            void opened.then(async (writer) => {
              await writer.write(' second');
              await writer.close();
            });
          });
        },
      });
      assert.deepEqual([exit.code, text(exit)], [0, 'first second']);
      const ranged = await overlapped(['cat', '/dev/null', '--range', '0-1']);
      assert.equal(ranged.code, 1);
      assert.match(ranged.stderr, /no regular file, so it has no ranges/);
    });

    it('Ctrl-C ends it while it waits for a FIFO', async () => {
      const fifo = fixtures.path('fifo');
      await promisify(execFile)('mkfifo', [fifo]);
      const opened = fs.promises.open(fifo, 'w');
      const exit = await overlapped(['cat', fifo], {
        meanwhile: (child) => void opened.then(() => child.kill('SIGINT')),
      });
      await (await opened).close();
      assert.deepEqual([exit.signal, text(exit), exit.stderr], ['SIGINT', '', '']);
    });
  });
});

/** As Linux counts it. */
function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
