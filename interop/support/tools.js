import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The folder of a Python environment with the packages of requirements.txt; undefined where Python is missing. */
export const pythonEnvironment = process.env.INTEROP_PYTHON_ENVIRONMENT || undefined;

/** Returns whether scripts/test-interop.js has found a program, such as `go`. */
export const hasProgram = (name) => (process.env.INTEROP_PROGRAMS ?? '').split(',').includes(name);

/**
 * Runs a program until it exits.
 *
 * @param input Text for its standard input; none by default.
 * @returns Its exit code, and what it has written to both outputs.
 */
export async function run(program, args, { cwd, input = '', env = {} } = {}) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env } });
  const closed = once(child, 'close');
  child.stdin.on('error', () => {}); // The program may exit without reading its input.
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code, stdout, stderr };
}

/** Runs a compiler. @throws Error with its output when it fails. */
export async function compile(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.slice(0, 10).join(' ')}: ${stdout}${stderr}`);
}

/** Where libraries of Rust stay compiled between test runs: compiling them takes most of the time. */
const cargoTarget = fileURLToPath(new URL('../.cargo-target', import.meta.url));

/**
 * Compiles the program of Rust whose `main.rs` is in a folder.
 *
 * @param dependencies Lines of TOML that name its libraries.
 * @returns The command that runs it.
 */
export async function buildWithCargo(folder, { name, dependencies }) {
  const manifest = `[package]
name = "${name}"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "${name}"
path = "main.rs"

[dependencies]
${dependencies.join('\n')}

[profile.dev]
debug = false
incremental = false
`;
  writeFileSync(join(folder, 'Cargo.toml'), manifest);
  await compile('cargo', ['build', '--quiet', '--target-dir', cargoTarget], { cwd: folder });
  return [join(cargoTarget, 'debug', name)];
}
