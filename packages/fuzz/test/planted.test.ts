/** The fuzzer finds what it is there for: each defect that is planted here makes a short program fail. */
import { interpose } from '@overlapped/conformance';
import {
  fuzz,
  type FuzzResult,
  type MakeSubject,
  type OpenFile,
  stepwise,
} from '@overlapped/conformance/model';
import { open, type OverlappedFile } from '@overlapped/core';
import type { Backend, CompletionSink, ReadRequest } from '@overlapped/core/backend';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SEED = 20080301;
const RUNS = 100;
/** Of a failing program, beside the two lines that say what it begins with. */
const MOST_STEPS = 6;

type Complete = CompletionSink['complete'];

/** A backend whose completions pass through `tamper` on their way up. */
function tampering(tamper: (complete: Complete, reads: ReadonlyMap<number, ReadRequest>) => Complete) {
  return (inner: Backend): Backend => {
    const reads = new Map<number, ReadRequest>();
    const queue = (request: ReadRequest): void => {
      reads.set(request.slot, request);
      inner.queue(request);
    };
    return interpose(inner, {
      queue,
      attach: (sink) =>
        inner.attach({
          complete: tamper((...completion) => sink.complete(...completion), reads),
          settled: () => sink.settled(),
        }),
    });
  };
}

/** The defect comes with every third read, so that programs get somewhere first. */
function everyThird(defect: Complete, otherwise: Complete): Complete {
  let count = 0;
  return (...completion) => (++count % 3 === 0 ? defect : otherwise)(...completion);
}

const lostCompletion = tampering((complete) => everyThird(() => undefined, complete));
const doubleCompletion = tampering((complete) =>
  everyThird((...completion) => {
    complete(...completion);
    complete(...completion);
  }, complete),
);
/** Only in long reads, so that programs get somewhere first. */
const wrongByte = tampering((complete, reads) => (slot, generation, error, numBytes, native) => {
  const { target, targetOffset } = reads.get(slot) as ReadRequest;
  if (numBytes > 4096) target[targetOffset + 4096]! ^= 1;
  complete(slot, generation, error, numBytes, native);
});
const writtenBeyond = tampering((complete, reads) => (slot, generation, error, numBytes, native) => {
  const { target, targetOffset, length } = reads.get(slot) as ReadRequest;
  if (numBytes < length) target[targetOffset + numBytes]! ^= 1;
  complete(slot, generation, error, numBytes, native);
});
/** A file whose cursor moves by what was asked for, as if every read were a full one. */
const openWithWrongCursor: OpenFile = async (name, options) => {
  let cursor = 0;
  return new Proxy(await open(name, options), {
    get(file, key) {
      const value: unknown = Reflect.get(file, key, file);
      if (typeof value !== 'function') return value;
      if (key !== 'read') return value.bind(file) as unknown;
      return (buffer: Uint8Array, second?: unknown, length?: number, position?: number | null) => {
        const isPlain = ArrayBuffer.isView(buffer) && second === undefined;
        if (!isPlain) return file.read(buffer, second as number, length, position);
        const at = cursor;
        cursor += buffer.byteLength;
        return file.read(buffer, { position: at });
      };
    },
  });
};

const openWithoutClose: OpenFile = async (name, options): Promise<OverlappedFile> => {
  fs.openSync(name, 'r'); // nobody closes this one
  return open(name, options);
};

function opening(openFile: OpenFile): MakeSubject {
  return (faults) => {
    const { subject, dispose } = stepwise()(faults);
    return { subject: { ...subject, openFile }, dispose };
  };
}

/** Each defect, and what the failure says. */
const DEFECTS: Readonly<Record<string, readonly [MakeSubject, RegExp]>> = {
  'a lost completion': [stepwise(lostCompletion), /never settles/],
  'a completion that comes twice': [stepwise(doubleCompletion), /completed twice|no read in flight/],
  'a wrong byte': [stepwise(wrongByte), /which the file never had there|the file as a whole/],
  'a byte beyond those read': [stepwise(writtenBeyond), /was written, beyond/],
  'a cursor that goes past what was read': [opening(openWithWrongCursor), /too few|too many|never had there/],
  'a descriptor that stays open': [opening(openWithoutClose), /open descriptors/],
};

describe('fuzz: planted defects', function () {
  this.timeout(120_000);
  let folder: string;
  let files = 0;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'overlapped-planted-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  const run = (makeSubject: MakeSubject, at?: string): Promise<FuzzResult> =>
    fuzz({
      makeSubject,
      filePath: () => path.join(folder, String(files++)),
      faults: true,
      workers: false,
      seed: SEED,
      runs: RUNS,
      ...(at !== undefined && { path: at }),
    });

  it('without one, every program does what the model says, and the same seed gives the same programs', async () => {
    const first = await run(stepwise());
    assert.deepEqual([first.runs, first.failure], [RUNS, undefined]);
    assert.deepEqual(await run(stepwise()), first, 'as many reads ended in each way');
  });

  for (const [defect, [makeSubject, message]] of Object.entries(DEFECTS)) {
    it(`${defect} is found, by a short program that can be run again`, async () => {
      const { failure } = await run(makeSubject);
      assert(failure !== undefined, `not found in ${RUNS} programs`);
      assert.match(String(failure.error), message);
      assert(failure.steps.length <= MOST_STEPS + 2, failure.steps.join('\n'));
      const again = await run(makeSubject, failure.path);
      assert.deepEqual(again.failure?.steps, failure.steps);
    });
  }
});
