/** What a {@link WorkerReader}'s worker runs: opens one file, says so, and reads what it is asked for. */
import { open } from '@overlapped/core';
import { parentPort, workerData } from 'node:worker_threads';

export interface ReaderSetup {
  readonly path: string;
  readonly backend: string;
}

export interface ReaderQuestion {
  readonly id: number;
  readonly position: number;
  readonly length: number;
}

export type ReaderAnswer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly code: string | undefined; readonly message: string };

const port = parentPort as NonNullable<typeof parentPort>;

async function serve({ path, backend }: ReaderSetup): Promise<void> {
  const file = await open(path, { backend });
  const answer = (question: ReaderQuestion): Promise<void> =>
    file.readExactly(question.position, question.length, { eof: 'clamp' }).then(
      (bytes) => port.postMessage({ id: question.id, bytes } satisfies ReaderAnswer, [bytes.buffer]),
      (error: unknown) => {
        const { code, message } = error as NodeJS.ErrnoException;
        port.postMessage({ id: question.id, code, message } satisfies ReaderAnswer);
      },
    );
  port.on('message', (question: ReaderQuestion) => void answer(question));
  port.postMessage('open');
}

void serve(workerData as ReaderSetup); // a failure ends the worker, and its reader hears of it
