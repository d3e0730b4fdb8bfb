import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterTest } from '../../../packages/gateway/dist/test/support/cleanup.js';

/** Starts a relay between a program and the gateway, on a port of its own, that can cut its connections. */
export async function startRelay(target) {
  const { protocol, hostname, port: gatewayPort, pathname } = new URL(target);
  const sockets = new Set();
  const forward = (from, to) => {
    sockets.add(from);
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  const server = createServer((clientSide) => {
    const gatewaySide = connect(Number(gatewayPort), hostname);
    forward(clientSide, gatewaySide);
    forward(gatewaySide, clientSide);
  });
  const listen = async (port) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  };
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    server.close();
    cut();
  };
  const port = await listen(0);
  afterTest(close);
  return {
    url: `${protocol}//127.0.0.1:${port}${pathname}`,
    /** Cuts every connection; new ones are accepted. */
    cut,
    /** Cuts every connection and refuses new ones until `open`. */
    close,
    /** Accepts connections again. */
    open: () => listen(port),
  };
}
