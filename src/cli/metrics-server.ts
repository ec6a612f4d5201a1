import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics, SmppClient } from '../index';
import { connectionError } from './errors';

const LOOPBACK = '127.0.0.1';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` to Prometheus and `GET /health` (200 or 503) to whatever restarts things, to this machine
 * alone. Throws a CommandError where the port is taken.
 */
export async function serveMetrics(
  port: number,
  metrics: Metrics,
  client: SmppClient,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    answer(request, response, metrics, client).catch((error: unknown) => {
      response.writeHead(500).end(`${(error as Error).message}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken by another program' : error.message;
      reject(connectionError(`--metrics-port ${port}: ${why}`));
    });
    server.listen(port, LOOPBACK, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  metrics: Metrics,
  client: SmppClient,
): Promise<void> {
  const [path] = url.split('?');
  if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
  else if (path === '/metrics') {
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } else if (path === '/health') {
    const health = await client.health();
    const body = `${JSON.stringify(health)}\n`;
    response.writeHead(health.healthy ? 200 : 503, { 'content-type': 'application/json' }).end(body);
  } else response.writeHead(404, { 'content-type': 'text/plain' }).end('give /metrics or /health\n');
}
