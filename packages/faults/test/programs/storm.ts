/** `storm BACKEND FILE`: reads under a storm of signals until enough of both, says what came of it, and waits to be told. */
import { open } from '@overlapped/core';
import { pattern } from '@overlapped/conformance';
import { type BackendName, createBackend } from '../support.js';

const [name, path] = process.argv.slice(2) as [BackendName, string];
const READS = 2000;
const SIGNALS = 500;

async function main(): Promise<void> {
  process.once('message', () => process.disconnect()); // no signal may come when nobody listens any more
  let signals = 0;
  process.on('SIGUSR2', () => signals++);
  const backend = createBackend(name);
  const file = await open(path, { backend });
  process.send?.('reading');
  let reads = 0;
  let wrong = 0;
  const read = async (): Promise<void> => {
    while (reads < READS || signals < SIGNALS) {
      const position = (reads++ * 331) % 500_000;
      if (!pattern(position, 600).equals(await file.readExactly(position, 600))) wrong++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, read));
  await file.close();
  await backend.close();
  process.send?.({ wrong, enough: reads >= READS && signals >= SIGNALS });
}

void main();
