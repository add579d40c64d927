/** The command `overlapped`: today one verb, `doctor`. */
import { parseArgs } from 'node:util';
import { doctor } from './doctor.js';

const HELP = `overlapped doctor [--json]

  Tries every backend that this machine could have and prints which one open()
  uses, why each other one was refused, and what to do about it.

  --json   print the report for programs
  --help   print this

The environment variable OVERLAPPED_BACKEND names the backend to use.
Exit code: 0 if a backend is chosen, 1 if the one asked for is not available,
2 for a wrong call.
`;

function main(argv: readonly string[]): number {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`overlapped: ${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== 'doctor') {
    process.stderr.write(HELP);
    return 2;
  }
  return doctor(values.json);
}

process.exitCode = main(process.argv.slice(2));
