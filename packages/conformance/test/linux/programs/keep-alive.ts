/** `idle FILE`: reads once and leaves everything open. `in-flight FIFO`: waits for data, and for nothing else. */
import { uringBackend, Reader } from '../support.js';

const [mode, file] = process.argv.slice(2) as [string, string];
const reader = new Reader(uringBackend(), file);
const { ended } = reader.read(new Uint8Array(8192));
if (mode === 'in-flight') process.stdout.write('waiting\n');
void ended.then(({ numBytes }) => process.stdout.write(`read ${numBytes}\n`));
