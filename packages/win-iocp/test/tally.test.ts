/**
 * Which rows of docs/windows.md's table this run has seen (contract section 6.3): printed, on Windows as under Wine. Under
 * Wine some rows must have been seen, or their generators broke; scripts/test-wine.mjs judges that from the file.
 */
import { writeFileSync } from 'node:fs';
import { load } from '../src/index.js';

const file = process.env.OVERLAPPED_TALLY;

after(() => {
  const loaded = load();
  if (!loaded.ok) return;
  const { addon } = loaded;
  const { outcomes } = addon.processCounters();
  const rows = Object.entries(outcomes).map(([name, count]) => `${name} ${count}`);
  console.log(`outcomes seen (${addon.wine === '' ? 'Windows' : `Wine ${addon.wine}`}): ${rows.join(', ')}`);
  if (file !== undefined) writeFileSync(file, JSON.stringify({ outcomes }));
});
