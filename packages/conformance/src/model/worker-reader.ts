/** Reads by a worker, which has a backend of its own and may be terminated in the middle of them. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Reader, TERMINATED } from './expectation.js';
import type { FileModel } from './file-model.js';
import type { ReaderAnswer, ReaderQuestion, ReaderSetup } from './worker-program.js';

const PROGRAM = join(__dirname, 'worker-program.js');

interface Asked {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

export class WorkerReader implements Reader {
  closed = false;
  private readonly asked = new Map<number, Asked>();
  private questions = 0;

  private constructor(
    readonly model: FileModel,
    private readonly worker: Worker,
  ) {
    worker.on('message', (answer: ReaderAnswer) => this.answered(answer));
    worker.on('error', (error) => this.failAll(error));
    worker.on('exit', () =>
      this.failAll(Object.assign(new Error('the worker was terminated'), { code: TERMINATED })),
    );
  }

  /** Resolves when the worker has opened the file. */
  static async start(model: FileModel, backend: string): Promise<WorkerReader> {
    const workerData: ReaderSetup = { path: model.path, backend };
    const worker = new Worker(PROGRAM, { workerData });
    await once(worker, 'message');
    return new WorkerReader(model, worker);
  }

  /** What there is of `length` bytes at `position`. */
  read(position: number, length: number): Promise<Uint8Array> {
    const question: ReaderQuestion = { id: this.questions++, position, length };
    return new Promise((resolve, reject) => {
      this.asked.set(question.id, { resolve, reject });
      this.worker.postMessage(question);
    });
  }

  /** Resolves when the worker has gone, and its ring or port with it. */
  async terminate(): Promise<void> {
    this.closed = true;
    await this.worker.terminate();
  }

  private answered(answer: ReaderAnswer): void {
    const asked = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if ('bytes' in answer) asked?.resolve(answer.bytes);
    else asked?.reject(Object.assign(new Error(answer.message), { code: answer.code }));
  }

  private failAll(error: Error): void {
    for (const { reject } of this.asked.values()) reject(error);
    this.asked.clear();
  }
}
