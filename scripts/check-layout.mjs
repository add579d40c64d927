// Fails the build when the shared tables differ between C++ and TypeScript: same enums, same names, same order.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const files = {
  'C++': 'packages/native-common/include/overlapped/tables.h',
  TypeScript: 'packages/core/src/engine/tables.ts',
};
const patterns = { 'C++': /enum class (\w+)[^{]*\{([^}]*)\}/g, TypeScript: /const enum (\w+) \{([^}]*)\}/g };

function enums(language) {
  const text = readFileSync(join(root, files[language]), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return Object.fromEntries(
    [...text.matchAll(patterns[language])].map(([, name, body]) => [
      name,
      body.replace(/\s+/g, '').replace(/,$/, ''),
    ]),
  );
}

const [cpp, ts] = [enums('C++'), enums('TypeScript')];
const names = new Set([...Object.keys(cpp), ...Object.keys(ts)]);
const differing = [...names].filter((name) => cpp[name] !== ts[name]);
for (const name of differing) {
  console.error(`shared table layout differs in ${name}:`);
  console.error(`  ${files['C++']}: ${cpp[name] ?? 'missing'}`);
  console.error(`  ${files.TypeScript}: ${ts[name] ?? 'missing'}`);
}
if (names.size === 0) console.error('no shared enums found: the patterns of this script are out of date');
process.exit(differing.length > 0 || names.size === 0 ? 1 : 0);
