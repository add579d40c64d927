/** Prints, as JSON, what the selector says here and what reading FILE comes to: left alone, and told to use io_uring. */
import { createHash } from 'node:crypto';
import { BACKEND_VARIABLE, type BackendUnavailableError, describeBackends, open } from '@overlapped/core';

async function describe(path: string): Promise<Record<string, unknown>> {
  const report = describeBackends();
  try {
    const file = await open(path);
    const sum = createHash('sha256')
      .update(await file.readFile())
      .digest('hex');
    const outcome = { backend: file.backend, sum };
    await file.close();
    return { report, outcome };
  } catch (error) {
    const { code, message, backend, refusal } = error as BackendUnavailableError;
    return { report, outcome: { code, message, backend, refusal } };
  }
}

async function main(path: string): Promise<void> {
  Reflect.deleteProperty(process.env, BACKEND_VARIABLE);
  const auto = await describe(path);
  process.env[BACKEND_VARIABLE] = 'io_uring';
  const named = await describe(path);
  process.stdout.write(JSON.stringify({ auto, named }));
}

void main(process.argv[2] as string);
