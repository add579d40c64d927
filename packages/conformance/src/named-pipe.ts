/** A named pipe of Windows with no data: a read of it waits until `write` or `close`. The fixtures' FIFO there. */
import net from 'node:net';

let count = 0;

export class NamedPipe {
  /** Opens once: a pipe has one reader. */
  readonly path = `\\\\.\\pipe\\overlapped-${process.pid}-${count++}`;
  private readonly server: net.Server;
  private readonly connection: Promise<net.Socket>;

  constructor() {
    let connected!: (socket: net.Socket) => void;
    this.connection = new Promise((resolve) => (connected = resolve));
    this.server = net.createServer((socket) => {
      socket.on('error', () => undefined); // the reader has gone
      connected(socket);
    });
    // A pipe's name exists when listen returns: a reader can open it at once.
    this.server.listen(this.path);
    this.server.unref();
  }

  /** Resolves when the bytes are in the pipe. Without a reader it waits for one. */
  async write(bytes: Uint8Array): Promise<void> {
    const socket = await this.connection;
    await new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes the writing end: a waiting read ends with 109. */
  close(): void {
    void this.connection.then((socket) => socket.destroy());
    this.server.close();
  }
}
