import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWithCargo, compile, hasProgram, pythonEnvironment } from '../support/tools.js';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * A program in each language that follows a run: its argument is the address of the live feed, and it writes each message as a
 * line. After the end of the run it closes the connection with 1000, waits for the gateway's answer and exits. `build` returns its
 * command.
 */
export const followers = [
  {
    name: 'Go, with coder/websocket',
    isAvailable: hasProgram('go'),
    async build(folder) {
      for (const name of ['go.mod', 'go.sum'])
        copyFileSync(fileOf(`../../examples/go/${name}`), join(folder, name));
      copyFileSync(fileOf('follow.go'), join(folder, 'main.go'));
      await compile('go', ['build', '-o', 'follow', '.'], { cwd: folder });
      return [join(folder, 'follow')];
    },
  },
  {
    name: 'Java, with the WebSocket of the JDK',
    isAvailable: hasProgram('javac'),
    async build(folder) {
      await compile('javac', ['-d', folder, fileOf('Follow.java')]);
      return ['java', '-cp', folder, 'Follow'];
    },
  },
  {
    name: 'Python, with websockets',
    isAvailable: pythonEnvironment !== undefined,
    build: async () => [join(pythonEnvironment, 'bin/python'), fileOf('follow.py')],
  },
  {
    name: 'Rust, with tungstenite',
    isAvailable: hasProgram('cargo'),
    async build(folder) {
      copyFileSync(fileOf('follow.rs'), join(folder, 'main.rs'));
      return buildWithCargo(folder, { name: 'follow', dependencies: ['tungstenite = "0.28"'] });
    },
  },
];
