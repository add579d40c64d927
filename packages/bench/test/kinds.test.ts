/** Every kind of workload in tiny amounts, in a process of its own as in a run: it counts, checks, and says its metrics. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { skipUnless } from '@overlapped/conformance';
import type { Job, Sample } from '../src/job.js';
import type { MetricName } from '../src/metrics.js';
import { patternBytes } from '../src/pattern.js';
import { coldRefusal, dropCache, readIn, residentBytes } from '../src/page-cache.js';
import { run } from '../src/runner.js';
import { findPeer, peersFor, refusal, workingBackends } from '../src/peers/index.js';
import { type Workload, type WorkloadKind, WORKLOADS } from '../src/workloads.js';

const FILE_BYTES = 4 << 20;
const WORKER = path.join(__dirname, '../src/worker.js');

/** An amount that is soon done, the reads that it comes to, and the metrics that must be there. */
const KINDS: Readonly<
  Record<WorkloadKind, { amount: number; depth: number; ops?: number; metrics?: readonly MetricName[] }>
> = {
  random: { amount: 100, depth: 4, ops: 100 },
  stream: { amount: 2, depth: 4 },
  batch: { amount: 10, depth: 8, ops: 80 },
  files: { amount: 20, depth: 4, ops: 20 },
  loop: { amount: 2, depth: 10, metrics: ['delayP50Ms', 'delayP99Ms', 'delayMaxMs'] },
  latency: { amount: 200, depth: 8, ops: 200, metrics: ['p50Us', 'p99Us', 'p999Us'] },
  contended: { amount: 4, depth: 1, metrics: ['idleP50Us', 'idleP99Us', 'busyP50Us', 'busyP99Us'] },
  busy: { amount: 500, depth: 8, ops: 500 },
  workers: { amount: 100, depth: 4, ops: 400 },
  memory: { amount: 2_000, depth: 2_000, ops: 2_000, metrics: ['rssMiB'] },
};

describe('bench kinds', function () {
  this.timeout(60_000);
  let directory: string;
  let right: string;
  let damaged: string;
  before(() => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-bench-'));
    right = path.join(directory, 'right');
    damaged = path.join(directory, 'damaged');
    fs.writeFileSync(right, patternBytes(0, FILE_BYTES));
    fs.writeFileSync(damaged, Buffer.alloc(FILE_BYTES, 0xee));
  });
  after(() => fs.rmSync(directory, { recursive: true, force: true }));

  function measure(kind: WorkloadKind, peer: string, file: string): { sample?: Sample; stderr: string } {
    const { amount, depth } = KINDS[kind];
    const entry = WORKLOADS.find((workload) => workload.kind === kind && workload.cache === 'cached');
    assert.ok(entry);
    const workload: Workload = { ...entry, depth, blockSize: Math.min(entry.blockSize, 4096) };
    const job: Job = { workload, peer, file, fileSize: FILE_BYTES, patterned: true, amount, seed: 5 };
    const { status, stdout, stderr } = spawnSync(process.execPath, [WORKER, JSON.stringify(job)], {
      encoding: 'utf8',
      env: { ...process.env, ...findPeer(peer)?.env },
    });
    assert.equal(status, stderr === '' ? 0 : 1, stderr);
    return stderr === '' ? { sample: JSON.parse(stdout) as Sample, stderr } : { stderr };
  }

  // One of Node's, and of this library's on the backend that is sure to be there.
  const chosen: Readonly<Record<WorkloadKind, readonly string[]>> = {
    random: ['fs.read-16', 'read@node-fs'],
    stream: [
      'fs.createReadStream-1m',
      'FileHandle.readableWebStream',
      'fs.promises.readFile',
      'chunks-1m@node-fs',
      'createReadStream-1m@node-fs',
      'readableWebStream@node-fs',
      'readFile@node-fs',
    ],
    batch: ['FileHandle.read', 'readAt@node-fs', 'readMany@node-fs', 'readMany-into@node-fs'],
    files: ['fs.promises.readFile', 'open-readFile-close@node-fs'],
    loop: ['fs.read', 'readAt@node-fs'],
    latency: ['readSync', 'fs.read', 'readAt@node-fs'],
    contended: ['readSync', 'FileHandle.read', 'readAt@node-fs'],
    busy: ['fs.read', 'readAt@node-fs'],
    workers: ['readSync', 'readAt@node-fs'],
    memory: ['FileHandle.read', 'readAt@node-fs'],
  };

  for (const [kind, peers] of Object.entries(chosen) as [WorkloadKind, readonly string[]][]) {
    for (const peer of peers) {
      it(`${kind}: ${peer} is measured`, () => {
        const { sample, stderr } = measure(kind, peer, right);
        assert.ok(sample, stderr);
        const { ops, metrics = [] } = KINDS[kind];
        if (ops !== undefined) assert.equal(sample.ops, ops);
        assert.ok(sample.bytes > 0 && sample.seconds > 0 && sample.verified > 0);
        assert.deepEqual(Object.keys(sample.metrics ?? {}), metrics);
        for (const [name, value] of Object.entries(sample.metrics ?? {})) {
          assert.ok(Number.isFinite(value) && value >= 0, name);
        }
      });
      if (kind === 'files') continue; // these make their files themselves
      it(`${kind}: ${peer} fails where the content is wrong`, () => {
        assert.match(measure(kind, peer, damaged).stderr, /gave wrong content/);
      });
    }
  }

  it('a peer can have an environment of its own', () => {
    assert.deepEqual(findPeer('fs.read-16')?.env, { UV_THREADPOOL_SIZE: '16' });
    assert.equal(findPeer('fs.read')?.env, undefined);
  });

  it('every kind has a workload and a peer in a quick run', () => {
    const kinds = Object.keys(KINDS) as WorkloadKind[];
    for (const kind of kinds) {
      assert.ok(
        WORKLOADS.some((workload) => workload.kind === kind && workload.suite.includes('quick')),
        kind,
      );
      const peers = peersFor(workingBackends().slice(0, 1)).filter(({ quick }) => quick.includes(kind));
      for (const { id, measures } of peers) assert.ok(measures[kind], `${id} does ${kind}`);
      assert.ok(peers.length > 1, kind);
    }
  });

  it('a file that is too small for cold reads, or too large for one Buffer, is refused', () => {
    const cold = WORKLOADS.find(({ cache }) => cache === 'cold') as Workload;
    assert.match(coldRefusal(cold, right) ?? '', /a file of \d+ bytes or more is needed/);
    const huge = path.join(directory, 'huge');
    fs.closeSync(fs.openSync(huge, 'w'));
    fs.truncateSync(huge, 2 ** 31);
    const stream = WORKLOADS.find(({ kind }) => kind === 'stream') as Workload;
    const refused = peersFor(['node-fs']).filter((peer) => /at most/.test(refusal(peer, stream, huge) ?? ''));
    assert.deepEqual(
      refused.map(({ id }) => id),
      ['fs.promises.readFile'],
    );
  });

  it('a file is dropped from the page cache', function () {
    const reason = cacheUnknown(right);
    skipUnless(this, reason === undefined, `${reason}`);
    const fd = fs.openSync(right, 'r+');
    fs.fsyncSync(fd); // what is not written can't be dropped
    fs.closeSync(fd);
    fs.readFileSync(right);
    assert.equal(residentBytes(right), FILE_BYTES);
    dropCache(right);
    assert.ok(residentBytes(right) <= FILE_BYTES / 100);
  });

  it('a cached workload has all of the file in the cache, and not as a cold one has left it', async function () {
    const reason = cacheUnknown(right);
    skipUnless(this, reason === undefined, `${reason}`);
    const [cold, cached] = (['cold', 'cached'] as const).map((cache) =>
      WORKLOADS.find((workload) => workload.kind === 'random' && workload.cache === cache),
    );
    assert.ok(cold && cached);
    const plan = { file: right, fileSize: FILE_BYTES, patterned: true, quick: true, repetitions: 1, seed: 1 };
    const work = [cached, cold, cached].map((workload) => ({ workload, peers: ['any'] }));
    const found: number[] = [];
    const { failures, cacheKept } = await run({ ...plan, work }, undefined, ({ workload }) => {
      found.push(residentBytes(right));
      if (workload === cold) dropCache(right);
      return Promise.resolve({ ops: 1, bytes: 1, seconds: 1, cpuSeconds: 1, verified: 1 });
    });
    assert.deepEqual(failures, []);
    assert.deepEqual(found, [FILE_BYTES, FILE_BYTES, FILE_BYTES]);
    assert.equal(cacheKept, undefined);
  });

  it('what is not written yet is not taken for dropped', function () {
    const reason = cacheUnknown(right);
    skipUnless(this, reason === undefined, `${reason}`);
    const [one, other] = ['one', 'other'].map((name) => {
      const dirty = path.join(directory, name);
      fs.writeFileSync(dirty, patternBytes(0, FILE_BYTES));
      return dirty;
    }) as [string, string];
    assert.throws(() => dropCache(one), /bytes of .*one stay in the page cache/);
    assert.match(readIn(other) ?? '', /bytes of .*other stay in the page cache/);
  });
});

const TMPFS_MAGIC = 0x0102_1994;

/** Why nothing can be said of `file` in the page cache here, or undefined. */
function cacheUnknown(file: string): string | undefined {
  if (process.platform !== 'linux') return 'only Linux is known to drop a file from its cache';
  if (fs.statfsSync(file).type === TMPFS_MAGIC) return 'a file in memory has no other place';
  try {
    residentBytes(file);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
