/** `limits BACKEND FILE`: reads in a process that has few descriptors, and says what came of it. */
import { pattern } from '@overlapped/conformance';
import { open, type OverlappedFile } from '@overlapped/core';
import { type BackendName, createBackend, openDescriptors } from '../support.js';

const [name, path] = process.argv.slice(2) as [BackendName, string];
const FILES = 200;
const LENGTH = 1000;

export interface LimitsReport {
  /** How opens beyond the limit ended. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly opened: number;
  /** Reads of every open file, and after some were closed and opened again, that gave the right bytes. */
  readonly right: number;
  readonly wrong: number;
  readonly openAgain: number;
  /** Descriptors more than before, when all is closed. */
  readonly leaked: number;
  /** Places in the ring's table of files; undefined where there is no ring. */
  readonly fileTable: unknown;
}

async function main(): Promise<void> {
  const backend = createBackend(name);
  await (await open(path, { backend })).close(); // what the first one opens for good is not a leak
  const before = openDescriptors();
  const openMany = async (count: number): Promise<[OverlappedFile[], Record<string, number>]> => {
    const files: OverlappedFile[] = [];
    const refusals: Record<string, number> = {};
    const opens = Array.from({ length: count }, () => open(path, { backend }));
    for (const result of await Promise.allSettled(opens)) {
      if (result.status === 'fulfilled') files.push(result.value);
      else {
        const { code = 'no code' } = result.reason as NodeJS.ErrnoException;
        refusals[code] = (refusals[code] ?? 0) + 1;
      }
    }
    return [files, refusals];
  };
  let [right, wrong] = [0, 0];
  const readAll = async (files: readonly OverlappedFile[]): Promise<void> => {
    const results = await Promise.all(
      files.flatMap((file, i) =>
        Array.from({ length: 20 }, async (_, k) => {
          const position = (i * 20 + k) * 23;
          return pattern(position, LENGTH).equals(await file.readExactly(position, LENGTH));
        }),
      ),
    );
    right += results.filter(Boolean).length;
    wrong += results.filter((ok) => !ok).length;
  };
  const [files, refusals] = await openMany(FILES);
  await readAll(files);
  const closed = files.splice(0, files.length / 2);
  await Promise.all(closed.map((file) => file.close()));
  const [again] = await openMany(closed.length);
  files.push(...again);
  await readAll(files);
  await Promise.all(files.map((file) => file.close()));
  const { fileTable } = backend.stats().detail;
  const leaked = openDescriptors() - before;
  await backend.close();
  const opened = closed.length + files.length - again.length;
  const report: LimitsReport = {
    refusals,
    opened,
    right,
    wrong,
    openAgain: again.length - closed.length,
    leaked,
    fileTable,
  };
  process.send?.(report);
}

void main();
