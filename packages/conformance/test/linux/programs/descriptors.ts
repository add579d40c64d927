/** Prints, as JSON, what becomes of rings when few descriptors are left or none, and when there are some again. */
import fs from 'node:fs';
import { createUringBackend, NodeFsBackend } from '@overlapped/core/backend';
import { describeBackends } from '@overlapped/core';
import { load } from '@overlapped/linux-uring';

const io_uring = (): string =>
  describeBackends().candidates.find(({ name }) => name === 'io_uring')?.code ?? 'not listed';

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'ok';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const loaded = process.argv[2] === 'loaded' ? load() : undefined;
const held: number[] = [];
codeOf(() => {
  for (;;) held.push(fs.openSync('/dev/null', 'r'));
});
const selector: string[] = [];
const engine: string[] = [];
for (let spare = 0; spare <= 2; spare++) {
  if (spare > 0) fs.closeSync(held.pop() as number);
  // What is measured must not be printed yet: the first write to stdout may open something.
  if (loaded === undefined) selector.push(io_uring());
  if (loaded?.ok === true) {
    const again = load();
    selector.push(again.ok ? 'ok' : again.refusal.code);
    engine.push(codeOf(() => void createUringBackend(loaded.addon, () => new NodeFsBackend()).close()));
  }
}
for (const fd of held) fs.closeSync(fd);
process.stdout.write(JSON.stringify({ selector, engine, later: io_uring() }));
