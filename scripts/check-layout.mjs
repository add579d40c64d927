// Fails the build when what C++ and TypeScript share differs between them: same enums, same names, same order.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Files that mirror each other: all of their enums, or the one that is named. */
const PAIRS = [
  {
    'C++': 'packages/native-common/include/overlapped/tables.h',
    TypeScript: 'packages/core/src/engine/tables.ts',
  },
  {
    'C++': 'packages/win-iocp/native/files.h',
    TypeScript: 'packages/core/src/engine/win32-stats.ts',
    only: 'StatField',
  },
];
const PATTERNS = { 'C++': /enum class (\w+)[^{]*\{([^}]*)\}/g, TypeScript: /const enum (\w+) \{([^}]*)\}/g };

function enums(language, file) {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return Object.fromEntries(
    [...text.matchAll(PATTERNS[language])].map(([, name, body]) => [
      name,
      body.replace(/\s+/g, '').replace(/,$/, ''),
    ]),
  );
}

let failed = false;
for (const pair of PAIRS) {
  const [cpp, ts] = ['C++', 'TypeScript'].map((language) => enums(language, pair[language]));
  const names = [...new Set([...Object.keys(cpp), ...Object.keys(ts)])].filter(
    (name) => pair.only === undefined || name === pair.only,
  );
  if (names.length === 0) {
    console.error(`no shared enums found in ${pair['C++']}: the patterns of this script are out of date`);
    failed = true;
  }
  for (const name of names.filter((name) => cpp[name] !== ts[name])) {
    console.error(`shared layout differs in ${name}:`);
    console.error(`  ${pair['C++']}: ${cpp[name] ?? 'missing'}`);
    console.error(`  ${pair.TypeScript}: ${ts[name] ?? 'missing'}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
