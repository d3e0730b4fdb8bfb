import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { timeFactor } from '@mnist-monitor/shared/testing';
import { freePort } from './free-port.ts';

/** The name under which docs/proxy.md puts the gateway. No DNS server knows it, so each client is configured with its address. */
export const proxyHost = 'monitor.example';

const documentPath = fileURLToPath(new URL('../../../../../docs/proxy.md', import.meta.url));

/**
 * Returns the code blocks of docs/proxy.md in a language, in the order of the page.
 * @throws Error when their number is not `count`.
 */
export function documentedBlocks(language: string, count: number): string[] {
  const text = readFileSync(documentPath, 'utf8');
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, block = '']) => block,
  );
  if (blocks.length !== count)
    throw new Error(`expected ${count} blocks of ${language} in docs/proxy.md, got ${blocks.length}`);
  return blocks;
}

/**
 * Replaces parts of a text.
 * @throws Error when a part does not occur: the test would run with another configuration than it states.
 */
export function replaced(
  text: string,
  replacements: readonly (readonly [part: string, by: string])[],
): string {
  return replacements.reduce((current, [part, by]) => {
    if (!current.includes(part)) throw new Error(`expected "${part}" in:\n${current}`);
    return current.replaceAll(part, by);
  }, text);
}

/**
 * Returns the path of a program; undefined when it is not installed.
 * @throws Error when it is not installed in CI, where a skipped test would go unnoticed.
 */
export function findProgram(name: string): string | undefined {
  // Debian puts nginx into a folder that is not in the PATH of users.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found) return found;
  if (process.env.CI === 'true') throw new Error(`The tests of proxies cannot run: ${name} was not found.`);
  process.stdout.write(`The tests with ${name} are skipped: it was not found.\n`);
  return undefined;
}

/** A running proxy. */
export interface ProxyServer {
  /** Port at 127.0.0.1. */
  readonly port: number;
  /** What it has written. */
  readonly output: string;
  close(): Promise<void>;
}

/** A self-signed certificate for `proxyHost`, and its key. */
export interface Certificate {
  certificate: string;
  key: string;
  /** The folder of both files. */
  folder: string;
}

/** Makes a certificate for `proxyHost`. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'mnist-certificate-'));
  const [certificate, key] = [join(folder, 'monitor.pem'), join(folder, 'monitor.key')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${proxyHost}`, '-addext', `subjectAltName=DNS:${proxyHost}`];
  execFileSync('openssl', ['req', '-x509', ...kind, ...names, '-out', certificate, '-keyout', key], {
    stdio: 'ignore',
  });
  return { certificate, key, folder };
}

/** The addresses and files of a test, which replace those in docs/proxy.md. */
export interface Placement extends Pick<Certificate, 'certificate' | 'key'> {
  /** Host and port of the gateway. */
  gateway: string;
  /** Host and port of the gateway's ingest port. */
  ingest?: string;
}

/** Starts nginx with a configuration of docs/proxy.md, on a port that is free. */
export async function startNginx(
  program: string,
  configuration: string,
  to: Placement,
): Promise<ProxyServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'mnist-nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const text = place(configuration, to)
    .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:5001', to.ingest ?? '127.0.0.1:5001');
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    [
      // One process, which needs no other user.
      'daemon off; master_process off;',
      `pid ${join(folder, 'nginx.pid')}; error_log stderr warn;`,
      'events {}',
      `http { access_log off; ${temporary.join(' ')}`,
      text,
      '}',
    ].join('\n'),
  );
  return startServer({ program, args: ['-e', 'stderr', '-p', folder, '-c', file], port, folder });
}

/** Starts Caddy with a configuration of docs/proxy.md, on a port that is free. */
export async function startCaddy(
  program: string,
  configuration: string,
  to: Placement,
): Promise<ProxyServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'mnist-caddy-'));
  const file = join(folder, 'Caddyfile');
  const site = replaced(place(configuration, to), [[`${proxyHost} {`, `${proxyHost}:${port} {`]]);
  writeFileSync(file, `{\n  admin off\n  auto_https disable_redirects\n}\n${site}`);
  const args = ['run', '--adapter', 'caddyfile', '--config', file];
  const env = { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  return startServer({ program, args, port, folder, env });
}

const place = (configuration: string, { certificate, key, gateway }: Placement): string =>
  configuration
    .replaceAll('/etc/ssl/monitor.example.pem', certificate)
    .replaceAll('/etc/ssl/monitor.example.key', key)
    .replaceAll('127.0.0.1:5000', gateway);

interface ServerStart {
  program: string;
  args: readonly string[];
  port: number;
  /** Removed when the server has ended. */
  folder: string;
  env?: NodeJS.ProcessEnv;
}

async function startServer({ program, args, port, folder, env }: ServerStart): Promise<ProxyServer> {
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(env && { env }) });
  const written: string[] = [];
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => written.push(text));
  const close = async (): Promise<void> => {
    if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await acceptsConnections(server, port);
  } catch (error) {
    await close();
    throw new Error(`${(error as Error).message}:\n${written.join('')}`);
  }
  return {
    port,
    get output() {
      return written.join('');
    },
    close,
  };
}

/** Resolves when the port accepts a connection. Rejects when the process has ended, or accepts none for too long. */
async function acceptsConnections(server: ChildProcess, port: number): Promise<void> {
  const giveUpAt = Date.now() + 10_000 * timeFactor();
  while (Date.now() < giveUpAt) {
    if (server.exitCode !== null) throw new Error(`the proxy exited with code ${server.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await delay(20);
  }
  throw new Error(`expected the proxy to listen at port ${port}`);
}
