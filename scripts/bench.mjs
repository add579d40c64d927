// `pnpm bench`: gets fio where it is missing and we may, then measures. Without fio the benchmark runs without that peer.
//   node scripts/bench.mjs [options of `pnpm bench`]
import { ensureFio } from './system-packages.mjs';

const args = process.argv.slice(2);
const measures = args[0] !== 'compare' && !['--list', '--help', '-h'].some((option) => args.includes(option));
if (measures && process.platform === 'linux') {
  const problem = ensureFio();
  if (problem !== undefined) console.log(`fio is missing, so it is left out; ${problem}`);
}
await import('../packages/bench/dist/src/main.js');
