// The benchmark in Windows' own node.exe under Wine: it shows that it runs there. Its figures say nothing about Windows.
//   node scripts/bench-wine.mjs [options of `pnpm bench`]
import { join } from 'node:path';
import { node, overlapped, prepare } from './wine.mjs';

const LABEL = 'under Wine: these figures say nothing about Windows';
const DEFAULTS = [
  '--quick',
  '--size',
  '64M',
  '--workload',
  'random-4k-d1',
  'random-4k-d64',
  '--peer',
  'fs.read',
  'FileHandle.read',
  'readAt',
];

prepare();
const given = process.argv.slice(2);
const main = join(overlapped('bench'), 'dist/src/main.js');
process.exitCode = node([main, '--label', LABEL, ...(given.length > 0 ? given : DEFAULTS)]).status;
