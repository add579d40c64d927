/** `permitted FILE...`: tells of each file which backend read how much of it, or the error's code. */
import { open } from '@overlapped/core';

async function report(path: string): Promise<string> {
  try {
    await using file = await open(path);
    return `${file.backend} ${await file.readAt(new Uint8Array(1000), 0)}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

void (async () => {
  for (const path of process.argv.slice(2)) console.log(await report(path));
})();
