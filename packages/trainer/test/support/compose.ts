import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The two commands in the README that start the project: with an NVIDIA GPU, then without. */
export const [upWithGpu = '', upWithoutGpu = ''] =
  readFileSync(`${root}README.md`, 'utf8').match(/^docker compose .*up --build$/gm) ?? [];

export type Service = 'trainer' | 'gateway' | 'redis' | 'proxy';

/** The command of docs/scaling.md that starts three gateways, with the compose files that `.env` would list. */
export const upWithThreeGateways =
  'docker compose -f docker-compose.yml -f docker-compose.cpu.yml -f docker-compose.scale.yml --profile scale up --build --scale gateway=3';

/** The fields of `docker inspect` that tests read. */
export interface Container {
  State: { Status: string; ExitCode: number; Health?: { Status: string } };
  HostConfig: {
    Runtime: string;
    ReadonlyRootfs: boolean;
    CapAdd: string[] | null;
    SecurityOpt: string[];
    Memory: number;
    LogConfig: { Config: Record<string, string> };
    RestartPolicy: { Name: string };
  };
  Config: { Labels: Record<string, string> };
  NetworkSettings: {
    Ports: Record<string, { HostIp: string; HostPort: string }[] | null>;
    Networks: Record<string, { IPAddress: string }>;
  };
}

/** The project, started with Docker Compose under a random name and on a free port, so that tests do not collide. */
export class ComposeProject {
  readonly port: number;
  /** Output of the command that started the project. */
  output = '';
  readonly #name = `monitor-test-${randomBytes(3).toString('hex')}`;
  readonly #files: string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #up: ChildProcess;

  /**
   * Runs a command line as a user would, and collects its output.
   * @param settings Variables in place of `.env`.
   */
  static async up(command: string, settings: Record<string, string>): Promise<ComposeProject> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    return new ComposeProject(command, port, settings);
  }

  private constructor(command: string, port: number, settings: Record<string, string>) {
    this.port = port;
    this.#files = command.match(/-f \S+/g)?.flatMap((flag) => flag.split(' ')) ?? [];
    const others = Object.entries(process.env).filter(([name]) => !/^(MONITOR|COMPOSE|NVIDIA)_/.test(name));
    this.#env = {
      ...Object.fromEntries(others),
      COMPOSE_PROJECT_NAME: this.#name,
      COMPOSE_DISABLE_ENV_FILE: '1',
      MONITOR_PORT: String(port),
      ...settings,
    };
    this.#up = spawn('sh', ['-c', `exec ${command}`], { cwd: root, env: this.#env });
    for (const stream of [this.#up.stdout, this.#up.stderr])
      stream?.on('data', (part) => {
        this.output += part;
      });
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Resolves when the command that started the project has ended. */
  async upEnded(): Promise<void> {
    if (this.#up.exitCode === null && this.#up.signalCode === null) await once(this.#up, 'close');
  }

  /** Resolves with the match when the output matches `pattern`. @throws Error when the command ends before. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const [found] = pattern.exec(this.output) ?? [];
      if (found !== undefined) return found;
      if (this.#up.exitCode !== null) throw new Error(`ended before it printed ${pattern}:\n${this.output}`);
      await wait(100);
    }
  }

  /** Runs `docker compose` with the project's files. @returns The output. @throws Error with the command's error or warning. */
  compose(args: string[], settings: Record<string, string> = {}): Promise<string> {
    return this.#docker(['compose', ...this.#files, ...args], settings);
  }

  /** Runs a shell command in a container. @returns The output. */
  shell(service: Service, line: string): Promise<string> {
    return this.compose(['exec', '-T', service, 'sh', '-c', line]);
  }

  /** Returns the details of a service's container, of the first one when there are several. */
  async inspect(service: Service): Promise<Container> {
    const ids = (await this.compose(['ps', '--all', '--quiet', service])).trim().split('\n');
    return JSON.parse(await this.#docker(['inspect', ...ids]))[0];
  }

  /** Kills one of several containers of a service, like a machine that fails. @param index From 1. */
  async killOne(service: Service, index: number): Promise<void> {
    await this.#docker(['kill', `${this.#name}-${service}-${index}`]);
  }

  /** Resolves when the containers of trainer and gateway are healthy. */
  async healthy(): Promise<void> {
    const isHealthy = async (service: Service): Promise<boolean> =>
      (await this.inspect(service)).State.Health?.Status === 'healthy';
    while (!(await isHealthy('trainer')) || !(await isHealthy('gateway'))) await wait(500);
  }

  /** Returns the IP address of a container on a network, by the network's name in the compose file. */
  async addressOn(network: string, service: Service): Promise<string> {
    const { Networks } = (await this.inspect(service)).NetworkSettings;
    return Networks[`${this.#name}_${network}`]?.IPAddress as string;
  }

  /** Returns the size in bytes of the layers that this project adds to the Node image of a service. */
  async addedBytes(service: Service): Promise<number> {
    const image = (await this.compose(['images', '--quiet', service])).trim();
    const format = ['--human=false', '--no-trunc', '--format', '{{.Size}} {{.CreatedBy}}'];
    const layers = (await this.#docker(['history', ...format, image])).trim().split('\n');
    const own = layers.findIndex((layer) => layer.includes('LABEL org.opencontainers.image.title=')) + 1;
    return layers.slice(0, own).reduce((sum, layer) => sum + Number.parseInt(layer, 10), 0);
  }

  /** Removes containers, networks and volumes of the project. */
  async remove(): Promise<void> {
    await this.compose(['down', '--volumes', '--timeout', '5']);
    await this.upEnded();
  }

  #docker(args: string[], settings: Record<string, string> = {}): Promise<string> {
    const options = { cwd: root, env: { ...this.#env, ...settings }, maxBuffer: 64 * 2 ** 20 };
    return new Promise((resolve, reject) => {
      execFile('docker', args, options, (error, stdout, stderr) => {
        if (error || stderr.includes('level=warning'))
          reject(new Error(`docker ${args.join(' ')}: ${stderr || error?.message}`));
        else resolve(stdout);
      });
    });
  }
}
