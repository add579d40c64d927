/**
 * Which rows of the outcome table this run has seen (contract section 6.3). Under Wine some rows must have been seen, or
 * their generators broke; scripts/test-wine.mjs judges that from the file that this hook writes.
 */
import { writeFileSync } from 'node:fs';
import { load } from '../src/index.js';

const file = process.env.OVERLAPPED_TALLY;

after(() => {
  const loaded = load();
  if (file === undefined || !loaded.ok) return;
  const { addon } = loaded;
  writeFileSync(file, JSON.stringify({ wine: addon.wine, outcomes: addon.processCounters().outcomes }));
});
