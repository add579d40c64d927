/** The circumstances of a run, as people read them: what its figures depend on. */
import type { Results } from './results.js';
import { formatSize } from './sizes.js';

interface Fact {
  readonly title: string;
  readonly of: (results: Results) => string;
}

function orUnknown(text: string | undefined): string {
  return text ?? 'unknown';
}

export const FACTS: readonly Fact[] = [
  { title: 'date', of: ({ date }) => `${date.slice(0, 16).replace('T', ' ')} UTC` },
  { title: 'processor', of: ({ machine: { cpu, cores } }) => `${cpu}, ${cores} cores` },
  { title: 'memory', of: ({ machine }) => `${machine.memoryGib} GiB` },
  { title: 'system', of: ({ machine: { platform, kernel, arch } }) => `${platform} ${kernel} ${arch}` },
  { title: 'file system', of: ({ machine }) => orUnknown(machine.fileSystem) },
  {
    title: 'file',
    of: ({ fileSize, patterned }) =>
      `${formatSize(fileSize)}, ${patterned ? 'made by the benchmark' : 'given by the user'}`,
  },
  { title: 'Node.js', of: ({ machine }) => machine.node },
  { title: 'Overlapped, revision', of: ({ machine }) => orUnknown(machine.revision) },
  { title: 'open() uses', of: ({ machine }) => machine.backends.chosen ?? 'nothing' },
  { title: 'fio', of: ({ machine }) => machine.fio ?? 'not installed' },
  { title: 'load before, after', of: ({ machine: { load }, loadAfter }) => `${load}, ${loadAfter}` },
  {
    title: 'amount',
    of: ({ quick, repetitions, workloads }) => {
      const most = Math.max(repetitions, ...workloads.map((workload) => workload.repetitions.length));
      return `${quick ? 'quick' : 'full'}, ${repetitions}${most > repetitions ? ` to ${most}` : ''} repetitions`;
    },
  },
];
