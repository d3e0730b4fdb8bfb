import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, hasProgram, pythonEnvironment } from '../support/tools.js';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));
/** Where the libraries of Rust stay compiled between test runs. */
const cargoTarget = fileOf('../.cargo-target');

const manifest = `[package]
name = "follow"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "follow"
path = "main.rs"

[dependencies]
tungstenite = "0.28"

[profile.dev]
debug = false
incremental = false
`;

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
      writeFileSync(join(folder, 'Cargo.toml'), manifest);
      copyFileSync(fileOf('follow.rs'), join(folder, 'main.rs'));
      await compile('cargo', ['build', '--quiet', '--target-dir', cargoTarget], { cwd: folder });
      return [join(cargoTarget, 'debug/follow')];
    },
  },
];
