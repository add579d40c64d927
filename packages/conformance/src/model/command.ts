/** One step of a random program: acts on the library and on the model at once. */
import type fc from 'fast-check';
import type { Handle, World } from './world.js';

export class Command implements fc.AsyncCommand<object, World> {
  constructor(
    private readonly title: string,
    private readonly act: (world: World) => void | Promise<void>,
  ) {}

  /** Every command can run at any time; one that has nothing to act on does nothing. */
  check(): boolean {
    return true;
  }

  async run(_model: object, world: World): Promise<void> {
    world.steps.push(this.title);
    await this.act(world);
  }

  toString(): string {
    return this.title;
  }
}

/** A command on one of the open files. */
export function onHandle(
  pick: number,
  title: string,
  act: (world: World, handle: Handle) => void | Promise<void>,
): Command {
  return new Command(`handle ${pick}: ${title}`, (world) => {
    const handle = world.handle(pick);
    return handle === undefined ? undefined : act(world, handle);
  });
}
