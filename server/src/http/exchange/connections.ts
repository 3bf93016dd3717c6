// Connections of one server, for a close that is quick and cuts nothing off. The server's own list of idle ones leaves out those that
// have not sent a request yet, and browsers open such connections ahead: each would hold the close to its bound.
import type { FastifyInstance, FastifyRequest } from 'fastify';

type Server = FastifyInstance['server'];
type Socket = FastifyRequest['raw']['socket'];

export interface Connections {
  /** From now on a connection without a request in flight ends, now or after its answer. */
  drain(): void;
}

export function watchConnections(server: Server): Connections {
  /** Requests in flight, by connection. */
  const open = new Map<Socket, number>();
  let draining = false;
  const settle = (socket: Socket, change: number): void => {
    const count = open.get(socket);
    if (count === undefined) return;
    open.set(socket, count + change);
    if (draining && count + change === 0) socket.destroySoon();
  };
  server.on('connection', (socket: Socket) => {
    open.set(socket, 0);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (request, response) => {
    settle(request.socket, 1);
    response.once('close', () => settle(request.socket, -1));
  });
  return {
    drain: () => {
      draining = true;
      for (const socket of open.keys()) settle(socket, 0);
    },
  };
}
