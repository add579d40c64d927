import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Job, Sample } from '../src/job.js';
import { randomPositions } from '../src/job.js';
import { ensurePatternFile, patternBytes, patternWord } from '../src/pattern.js';
import { type Engine, fioArguments, parseFio } from '../src/peers/fio.js';
import { run, type RunPlan } from '../src/runner.js';
import { formatSize, parseSize } from '../src/sizes.js';
import { Verifier } from '../src/verifier.js';
import { type Workload, WORKLOADS } from '../src/workloads.js';

const workload = find('random-4k-d64');

function find(name: string): Workload {
  const workload = WORKLOADS.find((entry) => entry.name === name);
  assert.ok(workload, name);
  return workload;
}

function job(change: Partial<Job> = {}): Job {
  return {
    workload,
    peer: 'x',
    file: 'x',
    fileSize: 65_536,
    patterned: true,
    amount: 10,
    seed: 3,
    ...change,
  };
}

describe('bench pattern', () => {
  let directory: string;
  before(() => (directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'))));
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  it('is the same from every position', () => {
    const whole = patternBytes(0, 64);
    for (let from = 0; from < 20; from++) {
      for (let to = from; to <= 64; to += 7) {
        assert.deepEqual(patternBytes(from, to - from), whole.subarray(from, to));
      }
    }
    assert.equal(patternBytes(2 ** 33, 8).readUInt32LE(4), patternWord(2 ** 33 + 4));
  });

  for (const size of [0, 1, 4097, (1 << 20) + 3]) {
    it(`makes a file of ${size} bytes, and makes it again when it was damaged`, () => {
      const file = ensurePatternFile(size, undefined, directory);
      assert.deepEqual(fs.readFileSync(file), Buffer.from(patternBytes(0, size)));
      fs.writeFileSync(file, Buffer.alloc(size, 0xee));
      assert.equal(ensurePatternFile(size, undefined, directory), file);
      assert.deepEqual(fs.readFileSync(file), Buffer.from(patternBytes(0, size)));
      assert.deepEqual(fs.readdirSync(directory), [path.basename(file)]);
      fs.unlinkSync(file);
    });
  }

  it('wrong content, wrong place and wrong length are found', () => {
    const verifier = new Verifier(job());
    const right = Buffer.from(patternBytes(8192, 4096));
    verifier.glance(right, 4096, 4096, 8192);
    verifier.inspect(right, 8192);
    assert.equal(verifier.count, 2);
    assert.throws(() => verifier.glance(right, 4096, 4096, 4096), /at 4096 gave wrong content/);
    assert.throws(() => verifier.glance(right, 4000, 4096, 8192), /4000 bytes instead of 4096/);
    right[4095] = (right[4095] as number) ^ 1;
    assert.throws(() => verifier.inspect(right, 8192), /at 8192 gave wrong content/);
  });

  it("another file's content is compared with what readSync gives", () => {
    const file = path.join(directory, 'other');
    fs.writeFileSync(file, 'abcdefgh');
    const verifier = new Verifier(job({ file, patterned: false }));
    verifier.inspect(Buffer.from('cd'), 2);
    assert.throws(() => verifier.inspect(Buffer.from('cx'), 2), /wrong content/);
    verifier.close();
  });
});

describe('bench pieces', () => {
  it('positions are whole blocks in the file, and follow from the seed', () => {
    const positions = randomPositions(job(), 500);
    for (const position of positions) assert.ok(position % 4096 === 0 && position + 4096 <= 65_536);
    assert.deepEqual(positions, randomPositions(job(), 500));
    assert.notDeepEqual(positions, randomPositions(job({ seed: 4 }), 500));
    assert.throws(() => randomPositions(job({ fileSize: 4095 }), 1), /smaller than one read/);
  });

  it('sizes are read and written', () => {
    assert.equal(parseSize('4096'), 4096);
    assert.equal(parseSize('64k'), 65_536);
    assert.equal(parseSize('1 GiB'), 2 ** 30);
    for (const bad of ['', '-1', 'M', '1.5M', '1T']) assert.throws(() => parseSize(bad), RangeError);
    assert.deepEqual([0, 1, 1536, 2 ** 20].map(formatSize), ['0 bytes', '1 byte', '1.5 KiB', '1 MiB']);
  });

  it('of a cold file no block is read twice', () => {
    const cold = job({ workload: { ...workload, cache: 'cold' } });
    const positions = randomPositions(cold, 16);
    assert.deepEqual(
      [...positions].sort((a, b) => a - b),
      Array.from({ length: 16 }, (_, i) => i * 4096),
    );
    assert.notDeepEqual(positions, randomPositions({ ...cold, seed: 4 }, 16));
    assert.throws(() => randomPositions(cold, 17), /17 cold reads need a file of 69632 bytes/);
  });

  const fio: [string, Partial<Job>, Engine, string[], string[]][] = [
    [
      'random reads',
      { amount: 1000, file: 'a:b' },
      'io_uring',
      [
        ...['--rw=randread', '--norandommap', '--bs=4096', '--io_size=4096000', '--filename=a\\:b'],
        ...['--iodepth=64', '--iodepth_batch_submit=64', '--iodepth_batch_complete_min=1', '--direct=0'],
        '--invalidate=0',
      ],
      [],
    ],
    [
      'a stream',
      { workload: find('stream'), amount: 2 },
      'io_uring',
      ['--rw=read', '--io_size=131072', '--bs=262144'],
      ['--rw=randread'],
    ],
    [
      'batches, waiting for all of each',
      { workload: find('read-many-8'), amount: 3 },
      'io_uring',
      ['--io_size=98304', '--iodepth_batch_submit=8', '--iodepth_batch_complete_min=8'],
      [],
    ],
    [
      'direct reads, submitted one by one',
      { workload: find('random-4k-d32-direct') },
      'io_uring',
      ['--direct=1', '--iodepth=32', '--iodepth_batch_submit=1'],
      [],
    ],
    [
      'cold reads, no block twice',
      { workload: find('random-64k-d64-cold') },
      'io_uring',
      ['--rw=randread', '--invalidate=0'],
      ['--norandommap'],
    ],
    ['threads', { workload: find('workers-4') }, 'io_uring', ['--numjobs=4', '--group_reporting'], []],
    ['pread', {}, 'psync', ['--ioengine=psync', '--bs=4096'], ['--iodepth=64']],
  ];
  for (const [what, change, engine, present, absent] of fio) {
    it(`fio does the same work: ${what}`, () => {
      const given = fioArguments(job(change), engine);
      for (const argument of present) assert.ok(given.includes(argument), argument);
      for (const argument of absent) assert.ok(!given.includes(argument), argument);
    });
  }

  it('fio shares the work of one among threads', () => {
    const given = fioArguments(job({ workload: find('random-4k-d64'), amount: 1001 }), 'psync', 2);
    for (const argument of [`--io_size=${501 * 4096}`, '--numjobs=2', '--group_reporting']) {
      assert.ok(given.includes(argument), argument);
    }
  });

  it('fio is not asked for what it can not do', () => {
    assert.throws(() => fioArguments(job({ workload: find('pool-full') }), 'io_uring'), /not do pool-full/);
  });

  it("fio's report is read, with the processor time of all its threads", () => {
    const read = { total_ios: 100, io_bytes: 409_600, runtime: 500 };
    const output = (error: number): string =>
      `fio: a note\n${JSON.stringify({ jobs: [{ error, job_runtime: 2000, usr_cpu: 10, sys_cpu: 30, read }] })}`;
    assert.deepEqual(parseFio(output(0)), {
      ops: 100,
      bytes: 409_600,
      seconds: 0.5,
      cpuSeconds: 0.8,
      verified: 0,
    });
    assert.throws(() => parseFio(output(5)), /error 5/);
  });

  const plan: RunPlan = {
    file: __filename,
    fileSize: 1,
    patterned: true,
    quick: true,
    repetitions: 2,
    work: [{ workload, peers: ['a', 'b'] }],
    seed: 1,
  };
  const sample: Sample = { ops: 1, bytes: 1, seconds: 1, cpuSeconds: 1, verified: 1 };

  it('peers take turns, and a failure is kept, not swallowed', async () => {
    const order: string[] = [];
    const { results, failures } = await run(plan, undefined, async ({ peer, seed }) => {
      order.push(`${peer}${seed}`);
      if (peer === 'b' && seed === 2) throw new Error('broken');
      return sample;
    });
    assert.deepEqual(order, ['a1', 'b1', 'a2', 'b2']);
    assert.deepEqual(results.get(workload.name), [{ a: sample, b: sample }, { a: sample }]);
    assert.deepEqual(failures, [{ workload: workload.name, peer: 'b', repetition: 1, message: 'broken' }]);
  });

  it('what is unsettled is measured once more, and adds to what there is to do', async () => {
    const steps: string[] = [];
    const asked: number[] = [];
    const unsettled: RunPlan['unsettled'] = (name, { length }) => {
      assert.equal(name, workload.name);
      asked.push(length);
      return length < 4 ? ['b'] : [];
    };
    const onStep = (_: string, peer: string, total: number): void => void steps.push(`${peer}/${total}`);
    const { results } = await run({ ...plan, unsettled }, onStep, async () => sample);
    assert.deepEqual(steps, ['a/4', 'b/4', 'a/4', 'b/4', 'b/5', 'b/6']);
    assert.deepEqual(asked, [2, 3, 4]);
    assert.deepEqual(results.get(workload.name)?.slice(2), [{ b: sample }, { b: sample }]);
  });
});
